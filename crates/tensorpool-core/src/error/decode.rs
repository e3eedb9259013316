//! A success whose body is not what it should be.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

use super::RECONCILE;
use crate::endpoint::{Meta, Replay};
use crate::redact::Snippet;

/// The server answered 2xx, with a body that is not what it should be.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError {
    meta_name: &'static str,
    secret: bool,
    changes: bool,
    status: StatusCode,
    path: String,
    message: String,
    body: Bytes,
}

impl DecodeError {
    pub(crate) fn new(
        meta: &'static Meta,
        status: StatusCode,
        body: &Bytes,
        path: String,
        message: String,
    ) -> Self {
        Self {
            meta_name: meta.name,
            secret: meta.secret,
            changes: meta.replay != Replay::Safe,
            status,
            path: Snippet::of(&path).as_str().to_owned(),
            message: shorten(message),
            body: body.clone(),
        }
    }

    /// The endpoint's name.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.meta_name
    }

    /// The HTTP status, a 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Where in the JSON, such as `clusters[1].name`; empty if the body as a whole is wrong.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole body as it came. It may hold secrets.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The beginning of the body, unless the endpoint's answers hold secrets.
    #[must_use]
    pub fn snippet(&self) -> Option<Snippet> {
        (!self.secret).then(|| Snippet::of_bytes(&self.body))
    }

    pub(crate) fn may_have_been_applied(&self) -> bool {
        self.changes
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("endpoint", &self.meta_name)
            .field("status", &self.status)
            .field("path", &self.path)
            .field("message", &self.message)
            .field("snippet", &self.snippet())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} but the answer is unreadable", self.meta_name, self.status.as_u16())?;
        if !self.path.is_empty() {
            write!(f, " at {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        match self.snippet() {
            Some(snippet) if !snippet.as_str().is_empty() => write!(f, ": {snippet}")?,
            Some(_) => {}
            None => f.write_str(" (not shown: it may hold secrets)")?,
        }
        if self.changes { write!(f, "; {RECONCILE}") } else { Ok(()) }
    }
}

impl std::error::Error for DecodeError {}

/// serde repeats the value it met, however long it is, before what it expected: the middle can go.
fn shorten(message: String) -> String {
    let length = message.chars().count();
    if length <= Snippet::MAX {
        return message;
    }
    let head: String = message.chars().take(Snippet::MAX / 2).collect();
    let tail: String = message.chars().skip(length - Snippet::MAX / 2).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_in_the_middle() {
        let message = format!("invalid type: string \"{}\", expected a sequence", "é".repeat(1 << 20));
        let short = shorten(message);
        assert!(
            short.starts_with("invalid type: string") && short.ends_with("expected a sequence"),
            "{short}"
        );
        assert_eq!(short.chars().count(), Snippet::MAX + 1);
    }
}
