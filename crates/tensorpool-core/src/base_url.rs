//! The engine's address: parsed once, joined with paths, and known to be safe for a token or not.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::error::BuildError;

/// Where the engine is: a scheme and an authority, nothing more.
///
/// The public engine is [`BaseUrl::default`]: `https://engine.tensorpool.dev` (contract §1). The WebSocket twin has
/// the same host ([`websocket`](Self::websocket)).
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
}

impl BaseUrl {
    /// The public engine's address.
    pub const ENGINE: &'static str = "https://engine.tensorpool.dev";

    /// Parses an address such as `https://engine.tensorpool.dev` or `http://127.0.0.1:8000`.
    ///
    /// # Errors
    ///
    /// [`BuildError`] without a scheme, with another one than `http` and `https`, with credentials, a path, a query or
    /// a fragment. Whether a token may go there is asked later, by [`Context`](crate::Context).
    pub fn parse(url: &str) -> Result<Self, BuildError> {
        let refuse = |why: &str| Err(BuildError::base_url(url, why));
        let trimmed = url.trim();
        if trimmed.is_empty() {
            return refuse("is empty");
        }
        if !trimmed.contains("://") {
            return refuse("has no scheme: write https:// before the host");
        }
        if trimmed.contains('#') {
            return refuse("has a fragment; give only scheme, host and port");
        }
        let Ok(uri) = trimmed.parse::<Uri>() else { return refuse("is not a URL") };
        let parts = uri.into_parts();
        let scheme = match parts.scheme {
            Some(scheme) if scheme == Scheme::HTTP || scheme == Scheme::HTTPS => scheme,
            _ => return refuse("has a scheme other than http and https"),
        };
        let Some(authority) = parts.authority else { return refuse("has no host") };
        if authority.as_str().contains('@') {
            return refuse("holds credentials; the token is given separately");
        }
        if authority.host().is_empty() || authority.host() == "[]" {
            return refuse("has no host");
        }
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if !port.is_empty() && port.strip_prefix(':').and_then(|p| p.parse::<u16>().ok()).is_none() {
            return refuse("has no valid port");
        }
        match parts.path_and_query {
            Some(p) if p.query().is_some() => refuse("has a query; give only scheme, host and port"),
            Some(p) if p.path() != "/" && !p.path().is_empty() => {
                refuse("has a path; give only scheme, host and port")
            }
            _ => Ok(Self { scheme, authority }),
        }
    }

    /// The URI of `path_and_query`, which begins with `/` and is already percent-encoded.
    pub(crate) fn join(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path_and_query)
            .build()
    }

    /// The same address for WebSockets: `wss://` for `https://`, `ws://` for `http://`.
    #[must_use]
    pub fn websocket(&self) -> String {
        let scheme = if self.is_https() { "wss" } else { "ws" };
        format!("{scheme}://{}", self.authority)
    }

    /// Host name or address, without the port; IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// The port, if one is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.authority.port_u16()
    }

    /// Whether the transport is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`. `engine.localhost` is not: whether it is this
    /// machine is up to whoever answers for names.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }
}

/// Whether a host, as it stands in a URI, is this machine. A transport that knows proxies must not use one for it.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    if let Ok(v4) = host.parse::<Ipv4Addr>() {
        return v4.is_loopback();
    }
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    v6.and_then(|v6| v6.parse::<Ipv6Addr>().ok()).is_some_and(|v6| v6.is_loopback())
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self { scheme: Scheme::HTTPS, authority: Authority::from_static("engine.tensorpool.dev") }
    }
}

impl FromStr for BaseUrl {
    type Err = BuildError;

    fn from_str(url: &str) -> Result<Self, BuildError> {
        Self::parse(url)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_public_engine() {
        assert_eq!(BaseUrl::default(), BaseUrl::parse(BaseUrl::ENGINE).unwrap());
        assert_eq!(BaseUrl::default().websocket(), "wss://engine.tensorpool.dev");
    }

    #[test]
    fn what_is_not_an_address_says_why_and_keeps_credentials_to_itself() {
        for (url, why) in [
            ("", "empty"),
            ("engine.tensorpool.dev", "no scheme"),
            ("localhost:8000", "no scheme"),
            ("ftp://engine.tensorpool.dev", "scheme other than"),
            ("https://", "not a URL"),
            ("https://user:canary@engine.tensorpool.dev", "credentials"),
            ("https://engine.tensorpool.dev/v1", "path"),
            ("https://engine.tensorpool.dev/?key=canary", "query"),
            ("https://engine.tensorpool.dev/#canary", "fragment"),
            ("http://127.0.0.1:99999", "port"),
            ("https://engine tensorpool", "not a URL"),
        ] {
            let error = BaseUrl::parse(url).unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for (url, expected) in [
            ("http://localhost:1", true),
            ("http://engine.localhost", false),
            ("http://127.8.9.1:80", true),
            ("http://[::1]:80", true),
            ("http://LocalHost.", true),
            ("http://localhost.example.com", false),
            ("http://128.0.0.1", false),
            ("http://[::2]", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().is_loopback(), expected, "{url}");
        }
    }
}
