//! Building: a `Context` turns an endpoint into an `http::Request`.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderValue, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::base_url::BaseUrl;
use crate::endpoint::{Endpoint, Meta};
use crate::error::{BuildError, Error};
use crate::token::ApiToken;

/// The header by which the official client says that it is the command line (contract §1).
pub const CLIENT_TYPE: HeaderName = HeaderName::from_static("x-client-type");

/// The library's own part of `User-Agent`.
const OWN_AGENT: &str = concat!("tensorpool-rust/", env!("CARGO_PKG_VERSION"));

/// What is the same for every request: where the engine is, and who asks.
///
/// Cheap to clone. `Debug` shows no token.
#[derive(Clone, Debug)]
pub struct Context {
    base_url: BaseUrl,
    token: Option<ApiToken>,
    user_agent: HeaderValue,
    client_type: Option<HeaderValue>,
    plain_http: bool,
}

impl Context {
    /// A context that sends `token` to `base_url`.
    #[must_use]
    pub fn new(base_url: BaseUrl, token: ApiToken) -> Self {
        Self { token: Some(token), ..Self::anonymous(base_url) }
    }

    /// A context without a token: only endpoints that need none can be built.
    #[must_use]
    pub fn anonymous(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            token: None,
            user_agent: HeaderValue::from_static(OWN_AGENT),
            client_type: None,
            plain_http: false,
        }
    }

    /// Lets the token go over unencrypted `http://` to a host that is not this machine. Anybody on the way can read it.
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Puts `product` (such as `trainer/2.1`) before the library's own name in `User-Agent`.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a header cannot carry it.
    pub fn user_agent(mut self, product: &str) -> Result<Self, BuildError> {
        self.user_agent = header_value("user agent", &format!("{product} {OWN_AGENT}"))?;
        Ok(self)
    }

    /// Sends `X-Client-Type`; the official command line says `cli` (contract §1). Not sent by default.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a header cannot carry it.
    pub fn client_type(mut self, client_type: &str) -> Result<Self, BuildError> {
        self.client_type = Some(header_value("client type", client_type)?);
        Ok(self)
    }

    /// Where the engine is.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The token, if there is one.
    #[must_use]
    pub fn token(&self) -> Option<&ApiToken> {
        self.token.as_ref()
    }

    /// Whether an authenticated request can be built at all.
    ///
    /// # Errors
    ///
    /// [`BuildError`] without a token, or if it would travel unencrypted to another machine.
    pub fn check(&self) -> Result<&ApiToken, BuildError> {
        let Some(token) = &self.token else { return Err(BuildError::no_token()) };
        if !self.base_url.is_https() && !self.base_url.is_loopback() && !self.plain_http {
            return Err(BuildError::plain_http(&self.base_url));
        }
        Ok(token)
    }

    /// The request for `endpoint`.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the endpoint's arguments break a rule, or [`check`](Self::check) does.
    pub fn request<E: Endpoint + ?Sized>(&self, endpoint: &E) -> Result<Request<Bytes>, Error> {
        let built = (|| {
            let path = endpoint.path()?;
            let mut query = Query::default();
            endpoint.query(&mut query);
            self.assemble(E::META, path, query, endpoint.body()?)
        })();
        built.map_err(|error| Error::from(error.at(E::META.name)))
    }

    /// The request to upgrade at `path`: without the token, which goes in the first frame, but only where that may go.
    pub(crate) fn upgrade(&self, path: Path) -> Result<Request<()>, BuildError> {
        self.check()?;
        let uri = format!("{}{}", self.base_url.websocket(), path.0);
        let uri = uri.parse::<http::Uri>().map_err(|e| BuildError::invalid("path", e.to_string()))?;
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(client_type) = &self.client_type {
            headers.insert(CLIENT_TYPE, client_type.clone());
        }
        Ok(request)
    }

    // Not generic, so that it is compiled once and not once per endpoint.
    fn assemble(
        &self,
        meta: &Meta,
        path: Path,
        query: Query,
        body: Option<Bytes>,
    ) -> Result<Request<Bytes>, BuildError> {
        let mut target = path.0;
        if let Some(query) = query.0 {
            target.push('?');
            target.push_str(&query);
        }
        let uri = self.base_url.join(&target).map_err(|e| BuildError::invalid("path", e.to_string()))?;

        let mut request = Request::new(Bytes::new());
        *request.method_mut() = meta.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.reserve(5);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(client_type) = &self.client_type {
            headers.insert(CLIENT_TYPE, client_type.clone());
        }
        if meta.authenticated {
            headers.insert(AUTHORIZATION, self.check()?.header());
        }
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = body;
        }
        Ok(request)
    }
}

fn header_value(what: &'static str, text: &str) -> Result<HeaderValue, BuildError> {
    HeaderValue::from_str(text).map_err(|_| BuildError::invalid(what, "holds what a header cannot carry"))
}

/// A path whose parameters are percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(String);

/// Everything that is not unreserved (RFC 3986 §2.3) is escaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Path {
    /// Fills the parameters of `meta.path` in their order.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a value is empty, `.` or `..`, holds a slash or a backslash, or if there are too few or too
    /// many values. An empty id would turn `DELETE /cluster/{cluster}` into another route, and servers of this kind
    /// decode `%2F` before they route.
    pub fn fill(meta: &Meta, values: &[&str]) -> Result<Self, BuildError> {
        let mut filled = String::with_capacity(meta.path.len() + 32);
        let mut values = values.iter();
        let mut rest = meta.path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            let value = values.next().ok_or_else(|| BuildError::segment(name, "is not given"))?;
            filled.extend(utf8_percent_encode(segment(name, value)?, SEGMENT));
            rest = after;
        }
        if values.next().is_some() {
            return Err(BuildError::segment(meta.path, "has fewer parameters than values"));
        }
        filled.push_str(rest);
        Ok(Self(filled))
    }

    /// The encoded path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rule for an id, in a path or in a body.
pub(crate) fn segment<'a>(name: &str, value: &'a str) -> Result<&'a str, BuildError> {
    let why = match value {
        "" => "is empty",
        "." | ".." => "is `.` or `..`",
        v if v.contains(['/', '\\']) => "holds a slash",
        v if v.chars().any(char::is_control) => "holds a control character",
        v if v.trim() != v => "begins or ends with a space",
        _ => return Ok(value),
    };
    Err(BuildError::segment(name, why))
}

/// A query in the making; nothing at all until the first pair.
#[derive(Clone, Debug, Default)]
pub struct Query(Option<String>);

impl Query {
    /// Adds `name=value`.
    pub fn push(&mut self, name: &str, value: &str) {
        let mut pairs = form_urlencoded::Serializer::new(self.0.take().unwrap_or_default());
        self.0 = Some(pairs.append_pair(name, value).finish());
    }

    /// Adds `name=true` if `on`; the API's flags are false by default, so that is not said.
    pub fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.push(name, "true");
        }
    }

    /// Adds `name=value` if there is a value.
    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }
}

/// A body as JSON.
///
/// # Errors
///
/// [`BuildError`] if the value cannot be written as JSON.
pub fn json<T: Serialize + ?Sized>(body: &T) -> Result<Option<Bytes>, BuildError> {
    serde_json::to_vec(body)
        .map(|body| Some(body.into()))
        .map_err(|e| BuildError::invalid("body", e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &Meta = &Meta::delete("cluster.destroy", "/cluster/{cluster}", "§4.2");

    #[test]
    fn a_segment_cannot_become_another_route() {
        for bad in ["", ".", "..", "a/b", "../list", "a\\b", "a\nb", " c-1", "c-1\t"] {
            assert!(Path::fill(META, &[bad]).is_err(), "{bad:?}");
        }
        assert!(Path::fill(META, &[]).is_err() && Path::fill(META, &["a", "b"]).is_err());
        assert_eq!(Path::fill(META, &["my run?#%ü"]).unwrap().as_str(), "/cluster/my%20run%3F%23%25%C3%BC");
        assert_eq!(Path::fill(META, &["c-1.x_~"]).unwrap().as_str(), "/cluster/c-1.x_~");
    }

    #[test]
    fn a_query_is_encoded_as_a_form() {
        let mut query = Query::default();
        query.flag("off", false);
        assert!(query.0.is_none());
        query.push("a b", "c&d=é");
        query.flag("on", true);
        query.optional("none", None);
        assert_eq!(query.0.unwrap(), "a+b=c%26d%3D%C3%A9&on=true");
    }

    #[test]
    fn a_token_travels_encrypted_or_not_at_all() {
        let to = |url: &str| Context::new(BaseUrl::parse(url).unwrap(), ApiToken::new("tp-canary").unwrap());
        assert!(to("https://engine.example").check().is_ok());
        assert!(to("http://127.0.0.1:1").check().is_ok());
        let error = to("http://engine.example").check().unwrap_err().to_string();
        assert!(error.contains("unencrypted") && !error.contains("canary"), "{error}");
        assert!(to("http://engine.example").allow_plain_http().check().is_ok());
        assert!(!format!("{:?}", to("http://localhost")).contains("canary"));
    }
}
