//! Reading: from an `http::Response` to a value, or to an error that says where it went wrong.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::endpoint::Meta;
use crate::error::{ApiError, DecodeError, Error};
use crate::redact::Redacted;
use crate::time::retry_after;

/// A value with what it was read from: status, headers and body.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The value.
    pub value: T,
    /// The status, a 2xx.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came, with all that this version has no name for. It may hold secrets.
    pub body: Redacted<Bytes>,
}

impl<T> Reply<T> {
    pub(crate) fn new(value: T, response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { value, status: parts.status, headers: parts.headers, body: Redacted::new(body) }
    }

    /// How long the server asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }
}

/// Reads the answer of `meta`: any 2xx is a success, whatever its content type; everything else is an
/// [`ApiError`].
///
/// # Errors
///
/// [`Error::Api`] or [`Error::Decode`].
pub fn read<T: DeserializeOwned>(meta: &'static Meta, response: &Response<Bytes>) -> Result<T, Error> {
    let status = response.status();
    if !status.is_success() {
        return Err(ApiError::read(meta, response).into());
    }
    let body = response.body();
    let text = text(meta, status, body)?;
    serde_json::from_str(text).map_err(|first| {
        // The happy path pays nothing for knowing where it would have failed: that is found on a second reading.
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let (path, error) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Err(error) => (error.path().to_string(), error.into_inner()),
            Ok(_) => (String::new(), first),
        };
        unreadable(meta, status, body, &path, &error)
    })
}

/// As [`read`], but a text that must say something is refused when it is empty.
pub(crate) fn read_with_text<T: DeserializeOwned>(
    meta: &'static Meta,
    response: &Response<Bytes>,
    path: &str,
    text: impl Fn(&T) -> &str,
) -> Result<T, Error> {
    let value = read(meta, response)?;
    if text(&value).trim().is_empty() {
        let (status, body) = (response.status(), response.body());
        return Err(DecodeError::new(meta, status, body, path.to_owned(), "empty text".to_owned()).into());
    }
    Ok(value)
}

fn text<'a>(meta: &'static Meta, status: StatusCode, body: &'a Bytes) -> Result<&'a str, Error> {
    let refuse = |message: String| DecodeError::new(meta, status, body, String::new(), message).into();
    let text = std::str::from_utf8(body)
        .map_err(|e| refuse(format!("invalid UTF-8 after byte {}", e.valid_up_to())))?;
    // A byte order mark is not JSON, but it does no harm either.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().chars().next() {
        Some('<') => Err(refuse("HTML or XML instead of JSON, perhaps from a proxy".to_owned())),
        Some(_) => Ok(text),
        None if meta.empty_body => Ok("{}"),
        None => Err(refuse("empty instead of JSON".to_owned())),
    }
}

fn unreadable(
    meta: &'static Meta,
    status: StatusCode,
    body: &Bytes,
    path: &str,
    error: &serde_json::Error,
) -> Error {
    use serde_json::error::Category;
    let message = match error.classify() {
        Category::Eof => format!("the JSON is cut off at byte {}", body.len()),
        Category::Syntax if error.to_string().starts_with("recursion limit") => {
            "the JSON is nested too deeply".to_owned()
        }
        Category::Syntax | Category::Io => format!("not JSON: {error}"),
        Category::Data => {
            let words = error.to_string();
            shape(words.rsplit_once(" at line ").map_or(&words, |(words, _)| words), meta.secret)
        }
    };
    let path = if path == "." { "" } else { path };
    DecodeError::new(meta, status, body, path.to_owned(), message).into()
}

/// serde's words for a value of the wrong shape, with JSON's names of things. serde names the value it met, which may be a
/// secret; what it expected is ours.
fn shape(words: &str, secret: bool) -> String {
    let Some((met, expected)) = words.rsplit_once(", expected ") else {
        let ours = !secret || words.starts_with("missing field ");
        return if ours { words.to_owned() } else { "not the expected shape".to_owned() };
    };
    let expected = match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        "f64" => "a number",
        "i64" => "a whole number",
        "u64" => "a whole number, not negative",
        other => other,
    };
    if secret {
        return format!("not the expected shape, which is {expected}");
    }
    for (jargon, plain) in [("type: sequence", "list"), ("type: map", "object")] {
        if let Some(before) = met.strip_suffix(jargon) {
            return format!("{before}type: {plain}, expected {expected}");
        }
    }
    format!("{met}, expected {expected}")
}
