//! The server's own errors, in whatever form they come.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Response, StatusCode, Uri};
use serde_json::Value;

use super::RECONCILE;
use crate::endpoint::{Meta, Replay};
use crate::redact::Snippet;
use crate::time::retry_after;

/// The body of an error, in three tiers. Reading it can itself never fail.
///
/// `Debug` shows what `Display` of the error does, not the whole body: it is as large as the server pleases, and may
/// repeat what was sent.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ApiBody {
    /// JSON in one of the shapes the API is known for: it has words of the server's.
    Known {
        /// The first of `message`, `error`, `external_message`, `detail` that says something (contract §10).
        message: String,
        /// The findings of a 422, one by one.
        issues: Vec<ValidationIssue>,
        /// The whole body.
        value: Value,
    },
    /// Other JSON.
    Json(Value),
    /// Not JSON: a proxy's page, a cut body, nothing at all.
    NotJson(Bytes),
}

/// One finding of a 422: where, and what is wrong (contract §12, `HTTPValidationError`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationIssue {
    /// Where, such as `body.instance_type`.
    pub location: String,
    /// What is wrong, in the server's words.
    pub message: String,
    /// The machine-readable kind, such as `missing`.
    pub kind: String,
}

impl ApiBody {
    fn read(body: &Bytes) -> Self {
        // One bad byte in the server's words does not make them unreadable.
        let text = String::from_utf8_lossy(body);
        let Ok(value) = serde_json::from_str::<Value>(&text) else { return Self::NotJson(body.clone()) };
        let issues = value.get("detail").and_then(Value::as_array).map(|d| issues(d)).unwrap_or_default();
        let words = ["message", "error", "external_message", "detail"]
            .iter()
            .filter_map(|key| value.get(key)?.as_str())
            .find(|text| !text.trim().is_empty());
        let message = match words {
            Some(words) => words.to_owned(),
            None => {
                let lines: Vec<_> =
                    issues.iter().map(ToString::to_string).filter(|line| !line.is_empty()).collect();
                lines.join("; ")
            }
        };
        if message.is_empty() { Self::Json(value) } else { Self::Known { message, issues, value } }
    }

    /// What of it is fit for one line.
    fn snippet(&self) -> Snippet {
        match self {
            Self::Known { message, .. } => Snippet::of(message),
            Self::Json(value) => beginning_of(value),
            Self::NotJson(body) => page_title(body).unwrap_or_else(|| Snippet::of_bytes(body)),
        }
    }
}

/// The beginning of `value` as JSON, without writing the rest of what may be megabytes.
fn beginning_of(value: &Value) -> Snippet {
    let mut beginning = [0; Snippet::MAX * 4];
    let mut left = beginning.as_mut_slice();
    // A slice takes what fits and then refuses, which is the point.
    let _ = serde_json::to_writer(&mut left, value);
    let unused = left.len();
    Snippet::of_bytes(beginning.get(..beginning.len() - unused).unwrap_or_default())
}

/// A proxy's page says what it has to say in its title; the rest is markup.
fn page_title(body: &[u8]) -> Option<Snippet> {
    let head = String::from_utf8_lossy(body.get(..2048).unwrap_or(body));
    if !head.trim_start().starts_with('<') {
        return None;
    }
    // ASCII lower case leaves every byte where it was.
    let lower = head.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find("</title>")?;
    let title = Snippet::of(head.get(start..end)?);
    (!title.as_str().is_empty())
        .then(|| Snippet::of(&format!("a page instead of JSON, \u{201c}{title}\u{201d}")))
}

impl fmt::Debug for ApiBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tier = match self {
            Self::Known { issues, .. } if !issues.is_empty() => {
                return f
                    .debug_struct("Known")
                    .field("message", &self.snippet())
                    .field("issues", issues)
                    .finish();
            }
            Self::Known { .. } => "Known",
            Self::Json(_) => "Json",
            Self::NotJson(_) => "NotJson",
        };
        f.debug_tuple(tier).field(&self.snippet()).finish()
    }
}

fn issues(detail: &[Value]) -> Vec<ValidationIssue> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    detail
        .iter()
        .filter_map(Value::as_object)
        .map(|issue| ValidationIssue {
            location: match issue.get("loc").and_then(Value::as_array) {
                Some(parts) => {
                    let parts: Vec<_> = parts
                        .iter()
                        .map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned))
                        .collect();
                    parts.join(".")
                }
                None => String::new(),
            },
            message: text(issue.get("msg")),
            kind: text(issue.get("type")),
        })
        .collect()
}

impl fmt::Display for ValidationIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.location.as_str(), self.message.as_str()) {
            ("", "") => f.write_str(&self.kind),
            ("", message) => f.write_str(message),
            (location, "") => write!(f, "{location}: {}", self.kind),
            (location, message) => write!(f, "{location}: {message}"),
        }
    }
}

/// The server answered with a status outside 2xx.
#[derive(Clone, PartialEq)]
pub struct ApiError {
    endpoint: &'static str,
    secret: bool,
    status: StatusCode,
    body: ApiBody,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    redirect_to: Option<String>,
    hint: Option<&'static str>,
    maybe_applied: bool,
    earlier: bool,
}

impl ApiError {
    pub(crate) fn read(meta: &'static Meta, response: &Response<Bytes>) -> Self {
        let status = response.status();
        Self {
            endpoint: meta.name,
            secret: meta.secret,
            status,
            body: ApiBody::read(response.body()),
            retry_after: retry_after(response.headers()),
            request_id: request_id(response.headers()),
            redirect_to: status.is_redirection().then(|| redirect_host(response.headers())).flatten(),
            hint: None,
            // 303 says that something was done, and where its result is.
            maybe_applied: (status.is_server_error() || status == StatusCode::SEE_OTHER)
                && meta.replay != Replay::Safe,
            earlier: false,
        }
    }

    /// The endpoint's name.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The server's words; none where they may hold keys it has just made (see [`body`](Self::body)).
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.body {
            ApiBody::Known { message, .. } if self.may_quote() => Some(message),
            _ => None,
        }
    }

    /// The findings of a 422, one by one.
    #[must_use]
    pub fn issues(&self) -> &[ValidationIssue] {
        match &self.body {
            ApiBody::Known { issues, .. } if self.may_quote() => issues,
            _ => &[],
        }
    }

    /// The whole body.
    #[must_use]
    pub fn body(&self) -> &ApiBody {
        &self.body
    }

    /// How long the server asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The id of the request in the server's logs (`X-Request-Id`), if it gave one. Name it when you ask for help.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.hint.or(match self.status.as_u16() {
            300..=399 => {
                Some("redirects are not followed, so that the token goes nowhere else; mend the base URL")
            }
            401 => Some("check the token: https://tensorpool.dev/dashboard/profile"),
            402 => Some("add funds: https://tensorpool.dev/dashboard/balance"),
            _ => None,
        })
    }

    /// Where keys may just have been made, even words may hold them; a refusal made none.
    fn may_quote(&self) -> bool {
        !self.secret || self.status.is_client_error()
    }

    /// What of the body may be shown: words meant for people always; another body not where it may hold what the
    /// endpoint's answers do, nor where it is a redirect's, which repeats the address.
    fn shown(&self) -> Option<Snippet> {
        let words = matches!(self.body, ApiBody::Known { .. });
        let words = words && self.may_quote();
        (words || !(self.secret || self.status.is_redirection())).then(|| self.body.snippet())
    }

    pub(crate) fn set_hint(&mut self, hint: &'static str) {
        self.hint = Some(hint);
    }

    pub(crate) fn may_have_been_applied(&self) -> bool {
        self.maybe_applied
    }

    pub(crate) fn set_maybe_applied_earlier(&mut self) {
        self.maybe_applied = true;
        self.earlier = true;
    }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    Some(Snippet::of(headers.get("x-request-id")?.to_str().ok()?).as_str().to_owned())
}

/// Only host and port: the rest of a redirect may hold a secret.
fn redirect_host(headers: &HeaderMap) -> Option<String> {
    let uri = headers.get(LOCATION)?.to_str().ok()?.parse::<Uri>().ok()?;
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", uri.scheme_str()?, uri.host()?))
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: &dyn fmt::Debug = if self.shown().is_some() { &self.body } else { &"not shown" };
        f.debug_struct("ApiError")
            .field("endpoint", &self.endpoint)
            .field("status", &self.status)
            .field("body", body)
            .field("retry_after", &self.retry_after)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {}", reason.to_ascii_lowercase())?;
        }
        match self.shown() {
            Some(words) if words.as_str().is_empty() => {}
            // Frameworks answer with the reason phrase when they have nothing to say.
            Some(words)
                if self.status.canonical_reason().is_some_and(|r| r.eq_ignore_ascii_case(words.as_str())) => {
            }
            Some(words) => write!(f, ": {words}")?,
            None if self.secret && !self.status.is_redirection() => {
                f.write_str(" (the body is not shown: it may hold secrets)")?;
            }
            _ => {}
        }
        if let Some(host) = &self.redirect_to {
            write!(f, " (to {host})")?;
        }
        // The server's words are not always those of its findings.
        if let (Some(issue), Some(words)) = (self.issues().first(), self.message()) {
            if !words.contains(&issue.message) {
                write!(f, " ({})", Snippet::of(&issue.to_string()))?;
            }
        }
        if let Some(seconds) = self.retry_after {
            write!(f, " (retry after {} s)", seconds.as_secs())?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        if let Some(hint) = self.hint() {
            write!(f, "; {hint}")?;
        }
        match (self.maybe_applied, self.earlier) {
            (true, true) => {
                f.write_str("; an earlier attempt may have been applied, so this may be its effect")
            }
            (true, false) => write!(f, "; {RECONCILE}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}
