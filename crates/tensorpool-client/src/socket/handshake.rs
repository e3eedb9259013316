//! The HTTP half of opening a WebSocket.

use std::fmt;

use tensorpool_core::http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use tensorpool_core::http::uri::{Scheme, Uri};
use tensorpool_core::http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use tensorpool_core::{Bytes, TransportError};
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

/// Opening a WebSocket over HTTP/1.1 (RFC 6455 §4.1): what to add to the request, and what the answer must be.
pub struct Handshake {
    key: String,
}

impl Handshake {
    /// The request as HTTP/1.1 sends it: `https://` for `wss://`, with the headers of the handshake.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if the URI is not one of a WebSocket.
    pub fn begin(request: Request<()>) -> Result<(Self, Request<Bytes>), TransportError> {
        let key = generate_key();
        let mut request = request.map(|()| Bytes::new());
        *request.uri_mut() = http_twin(request.uri().clone())?;
        *request.version_mut() = Version::HTTP_11;
        let value = HeaderValue::from_str(&key)
            .map_err(|e| TransportError::not_sent("the handshake has no key").with_source(e))?;
        let headers = request.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, value);
        Ok((Self { key }, request))
    }

    /// Whether an answer agrees to the upgrade at all; any other is a refusal.
    #[must_use]
    pub fn is_agreed(status: StatusCode) -> bool {
        status == StatusCode::SWITCHING_PROTOCOLS
    }

    /// Checks the headers of a 101.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if it is the answer to something else, or agrees to what was not asked.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), TransportError> {
        let refuse = |what: &str| Err(TransportError::other(format!("the server's 101 {what}")));
        if !holds(headers, &UPGRADE, "websocket") || !holds(headers, &CONNECTION, "upgrade") {
            return refuse("is not for a WebSocket");
        }
        let accept = headers.get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes().trim_ascii());
        if accept != Some(derive_accept_key(self.key.as_bytes()).as_bytes()) {
            return refuse("answers another handshake");
        }
        if headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) || headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
            return refuse("agrees to what was not asked");
        }
        Ok(())
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake")
    }
}

fn holds(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(word))
}

fn http_twin(uri: Uri) -> Result<Uri, TransportError> {
    let mut parts = uri.into_parts();
    parts.scheme = match parts.scheme.as_ref().map(Scheme::as_str) {
        Some("wss") => Some(Scheme::HTTPS),
        Some("ws") => Some(Scheme::HTTP),
        _ => return Err(TransportError::not_sent("the address is not a WebSocket's")),
    };
    Uri::from_parts(parts)
        .map_err(|e| TransportError::not_sent("the address cannot be written").with_source(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(url: &str) -> (Handshake, Request<Bytes>) {
        Handshake::begin(Request::get(url).body(()).unwrap()).unwrap()
    }

    fn answer(handshake: &Handshake) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, "WebSocket".parse().unwrap());
        headers.insert(CONNECTION, "keep-alive, Upgrade".parse().unwrap());
        headers.insert(SEC_WEBSOCKET_ACCEPT, derive_accept_key(handshake.key.as_bytes()).parse().unwrap());
        headers
    }

    #[test]
    fn the_request_goes_over_http_and_says_so() {
        let (_, request) = begin("wss://engine.example/job/push");
        assert_eq!(request.uri(), "https://engine.example/job/push");
        let (_, request) = begin("ws://127.0.0.1:8000/job/listen/j-7");
        assert_eq!(request.uri(), "http://127.0.0.1:8000/job/listen/j-7");
        assert_eq!((request.version(), request.headers().len()), (Version::HTTP_11, 4));
        assert!(Handshake::begin(Request::get("https://engine.example/").body(()).unwrap()).is_err());
    }

    #[test]
    fn only_the_answer_to_this_handshake_will_do() {
        let (handshake, _) = begin("ws://localhost/");
        let good = answer(&handshake);
        handshake.check(&good).unwrap();
        assert!(handshake.check(&answer(&begin("ws://localhost/").0)).is_err(), "another key");
        for missing in [UPGRADE, CONNECTION, SEC_WEBSOCKET_ACCEPT] {
            let mut headers = good.clone();
            headers.remove(missing);
            assert!(handshake.check(&headers).is_err());
        }
        for unasked in [SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL] {
            let mut headers = good.clone();
            headers.insert(unasked, "permessage-deflate".parse().unwrap());
            assert!(handshake.check(&headers).is_err());
        }
    }
}
