//! `Fault`: one thing that goes wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use super::Mishap;

/// What goes wrong with a request or its answer.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// This answer, instead of the engine's; the engine does not see the request. See [`Fault::status`].
    Answer(Response<Bytes>),
    /// The engine's answer, so much later. The engine sees the request when it arrives.
    Delay(Duration),
    /// The connection is refused. On a real socket, which was accepted, it is closed at once as for
    /// [`CutBefore`](Self::CutBefore).
    NotSent,
    /// The connection breaks before the engine sees the request.
    CutBefore,
    /// The engine does what was asked, but the connection breaks before it answers.
    CutAfter,
    /// The connection breaks after so many bytes of the answer's body; at the latest before its last one.
    ResetAfter(usize),
    /// No answer, ever. The engine does not see the request.
    Stall,
    /// No answer, ever, though the engine does what was asked.
    StallAfter,
    /// The connection closes in good order before the body is as long as was announced.
    ShortBody,
    /// The body is cut in the middle, and its length says so: no longer JSON.
    BadJson,
    /// A byte that is not UTF-8 in the middle of the body.
    BadUtf8,
    /// A page of HTML with status 200, as from a proxy. The engine does not see the request.
    Html,
    /// Every status and type in the JSON is one that nobody knows yet.
    UnknownEnums,
    /// Every object in the JSON has fields that nobody knows yet.
    UnknownFields,
    /// The engine sees the request twice; the second answer is delivered.
    Duplicate,
    /// This, on a WebSocket, after so many frames of the engine's. Where there is an answer instead, nothing.
    Socket(usize, Mishap),
    /// The engine's answer, changed.
    Change(Arc<dyn Fn(Response<Bytes>) -> Response<Bytes> + Send + Sync>),
}

impl Fault {
    /// An answer with this status and a `message`, instead of the engine's. A number that is no status is 500.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("scripted");
        Self::Answer(crate::answer::said(status, reason))
    }

    /// As [`status`](Self::status), with a `Retry-After` header such as `7` or an HTTP date.
    #[must_use]
    pub fn status_retry_after(status: u16, retry_after: &str) -> Self {
        match Self::status(status) {
            Self::Answer(mut response) => {
                if let Ok(value) = HeaderValue::from_str(retry_after) {
                    response.headers_mut().insert(RETRY_AFTER, value);
                }
                Self::Answer(response)
            }
            other => other,
        }
    }

    /// An answer with this status and this body, as JSON.
    #[must_use]
    pub fn body(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self::Answer(response)
    }

    /// The engine's answer, changed.
    #[must_use]
    pub fn change(change: impl Fn(Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static) -> Self {
        Self::Change(Arc::new(change))
    }

    /// This, on a WebSocket, after so many frames of the engine's.
    #[must_use]
    pub fn socket(after: usize, mishap: Mishap) -> Self {
        Self::Socket(after, mishap)
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Answer(response) => format!("answer {}", response.status().as_u16()),
            Self::Delay(delay) => format!("delay {delay:?}"),
            Self::NotSent => "not sent".to_owned(),
            Self::CutBefore => "cut before".to_owned(),
            Self::CutAfter => "cut after".to_owned(),
            Self::ResetAfter(bytes) => format!("reset after {bytes} bytes"),
            Self::Stall => "stall".to_owned(),
            Self::StallAfter => "stall after".to_owned(),
            Self::ShortBody => "short body".to_owned(),
            Self::BadJson => "bad JSON".to_owned(),
            Self::BadUtf8 => "bad UTF-8".to_owned(),
            Self::Html => "HTML".to_owned(),
            Self::UnknownEnums => "unknown enums".to_owned(),
            Self::UnknownFields => "unknown fields".to_owned(),
            Self::Duplicate => "duplicate".to_owned(),
            Self::Socket(after, mishap) => format!("{} after {after} frames", mishap.name()),
            Self::Change(_) => "change".to_owned(),
        }
    }
}

impl fmt::Debug for Fault {
    // Only the name: a scripted body may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({})", self.name())
    }
}
