//! Answers: JSON, and refusals in the three shapes the API is known for (contract §10).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// What a route comes to.
pub(crate) type Answered = Result<Response<Bytes>, Refusal>;

/// Why a request is not answered with success.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The application's own errors: `{"message": …}`.
    Said(StatusCode, String),
    /// What FastAPI finds in a request before the application sees it: a 422 with a `detail` list.
    Invalid(Vec<Issue>),
    /// What FastAPI says of routes: `{"detail": …}`.
    Detail(StatusCode, &'static str),
    /// The door: no token or a wrong one.
    Unauthorized,
    /// Too many requests; seconds until there may be more.
    RateLimited(u64),
}

/// One finding of a 422.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) kind: &'static str,
    pub(crate) location: Vec<Value>,
    pub(crate) message: String,
    pub(crate) input: Value,
    pub(crate) context: Option<Value>,
}

impl Issue {
    pub(crate) fn new(
        kind: &'static str,
        location: &[&str],
        message: impl Into<String>,
        input: Value,
    ) -> Self {
        let location = location.iter().map(|&part| part.into()).collect();
        Self { kind, location, message: message.into(), input, context: None }
    }

    pub(crate) fn context(mut self, context: Value) -> Self {
        self.context = Some(context);
        self
    }
}

/// The literal of the documentation (`authentication.md`).
pub(crate) const UNAUTHORIZED: &str = "Invalid or missing authentication token";

impl Refusal {
    pub(crate) fn said(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Said(status, message.into())
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::said(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::said(StatusCode::NOT_FOUND, format!("{what} {id} not found"))
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::said(StatusCode::CONFLICT, message)
    }

    pub(crate) fn respond(self) -> Response<Bytes> {
        match self {
            Self::Said(status, message) => said(status, message),
            Self::Detail(status, detail) => json(status, &json!({ "detail": detail })),
            Self::Unauthorized => json(StatusCode::UNAUTHORIZED, &json!({ "error": UNAUTHORIZED })),
            Self::Invalid(issues) => {
                let detail: Vec<_> = issues.into_iter().map(Issue::into_json).collect();
                json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": detail }))
            }
            Self::RateLimited(seconds) => {
                let message = format!("Rate limit exceeded. Try again in {seconds} s.");
                retry_after(said(StatusCode::TOO_MANY_REQUESTS, message), seconds)
            }
        }
    }
}

impl Issue {
    fn into_json(self) -> Value {
        let mut issue = json!({
            "type": self.kind, "loc": self.location, "msg": self.message, "input": self.input,
        });
        if let (Some(object), Some(context)) = (issue.as_object_mut(), self.context) {
            object.insert("ctx".to_owned(), context);
        }
        issue
    }
}

/// An answer with `value` as its body.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Bytes> {
    let (status, body) = match serde_json::to_vec(value) {
        Ok(body) => (status, body),
        Err(error) => {
            // Only a value that JSON cannot hold comes here, and no model has one.
            let body = json!({ "message": format!("the emulator could not write its answer: {error}") });
            (StatusCode::INTERNAL_SERVER_ERROR, body.to_string().into_bytes())
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 200 with `value` as its body.
pub(crate) fn ok<T: Serialize>(value: &T) -> Answered {
    Ok(json(StatusCode::OK, value))
}

/// 202 with `value` as its body.
pub(crate) fn accepted<T: Serialize>(value: &T) -> Answered {
    Ok(json(StatusCode::ACCEPTED, value))
}

/// An answer that only says something.
pub(crate) fn said(status: StatusCode, message: impl Into<String>) -> Response<Bytes> {
    json(status, &json!({ "message": message.into() }))
}

/// Adds `Retry-After`.
pub(crate) fn retry_after(mut response: Response<Bytes>, seconds: u64) -> Response<Bytes> {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}
