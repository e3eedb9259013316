//! What an answer of a file's host means: one pure function of what was asked, what is had, and the head.

use std::ops::Range;
use std::time::Duration;

use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_TYPE, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, StatusCode, Version};

use super::range::{ContentRange, content_length, strong_etag};
use crate::error::{TransferError, TransferErrorKind};
use crate::time::retry_after;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The whole file, without `Range`.
    Whole,
    /// These bytes; to the end of the file without an end.
    Part { start: u64, end: Option<u64> },
}

/// What is had of the file already, from earlier answers or an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) etag: Option<String>,
    pub(super) length: Option<u64>,
}

/// What follows from the head of an answer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The body is the whole file, from its beginning.
    Whole { etag: Option<String>, length: Option<u64>, ranges: bool },
    /// The body is these bytes of a file of this length; the tag is missing only where they are all of it.
    Part { range: Range<u64>, etag: Option<String>, length: u64 },
    /// There is nothing more: the file has this length.
    Complete { length: u64 },
    /// It is another file than the one there are parts of.
    Changed,
    /// Ranges are of no use here: ask for the whole.
    NoRanges(&'static str),
    /// The URL is no good any more.
    Expired(StatusCode),
    /// Try again, not before this.
    Retry(TransferError, Option<Duration>),
    /// Never mind.
    Stop(TransferError),
}

fn nonsense(why: impl Into<String>) -> TransferError {
    TransferError::new(TransferErrorKind::Answer, why)
}

fn status(status: StatusCode, why: &str) -> TransferError {
    TransferError::new(TransferErrorKind::Status, format!("the host answered {}{why}", status.as_u16()))
        .with_status(status)
}

/// Reads the head of an answer.
///
/// A range is believed only with a strong entity tag that has not changed: `If-Range` is ignored by some hosts, so its
/// success is checked and not assumed.
pub(super) fn judge(asked: &Asked, known: &Known, head: &Parts) -> Verdict {
    let code = head.status;
    match code.as_u16() {
        200 | 206 if encoded(&head.headers) => {
            Verdict::Stop(nonsense("the host encoded the file, although it was asked not to"))
        }
        200 => whole(head),
        206 => part(asked, known, &head.headers),
        416 => unsatisfied(asked, known, &head.headers),
        // 400 is a guess: an object store says so of a URL whose session has expired.
        400 | 401 | 403 => Verdict::Expired(code),
        408 | 425 | 429 | 500 | 502..=504 => Verdict::Retry(status(code, ""), retry_after(&head.headers)),
        300..=399 => Verdict::Stop(status(code, ", which is not followed")),
        _ => Verdict::Stop(status(code, "")),
    }
}

fn whole(head: &Parts) -> Verdict {
    let length = content_length(&head.headers);
    if length.is_none() && !ends_audibly(head) {
        return Verdict::Stop(nonsense("the host does not say how long the file is, nor where it ends"));
    }
    let refused = header(&head.headers, ACCEPT_RANGES).is_some_and(|v| v.eq_ignore_ascii_case("none"));
    Verdict::Whole { etag: strong_etag(&head.headers), length, ranges: !refused }
}

/// Whether the end of a body without a length can be told from a cut.
fn ends_audibly(head: &Parts) -> bool {
    let chunked = |v: &str| v.to_ascii_lowercase().contains("chunked");
    head.version >= Version::HTTP_2 || header(&head.headers, TRANSFER_ENCODING).is_some_and(chunked)
}

fn part(asked: &Asked, known: &Known, headers: &HeaderMap) -> Verdict {
    let Asked::Part { start, .. } = *asked else {
        return Verdict::Stop(nonsense("the host sent a part of the file when asked for the whole"));
    };
    let multipart = |v: &str| v.to_ascii_lowercase().starts_with("multipart/byteranges");
    if header(headers, CONTENT_TYPE).is_some_and(multipart) && !headers.contains_key("content-range") {
        return Verdict::NoRanges("the host answered one range with several");
    }
    let (range, length) = match ContentRange::read(headers) {
        ContentRange::Bytes(range, length) => (range, length.or(known.length)),
        ContentRange::Missing | ContentRange::Unsatisfied(_) | ContentRange::Nonsense => {
            return Verdict::NoRanges("the host does not say which part of the file it sent");
        }
    };
    if content_length(headers).is_some_and(|announced| announced != range.end - range.start) {
        return Verdict::NoRanges("the host's part has another length than it says");
    }
    let Some(length) = length else {
        return Verdict::NoRanges("the host does not say how long the file is");
    };
    let etag = strong_etag(headers);
    if known.etag.is_some() && (etag != known.etag || known.length.is_some_and(|known| known != length)) {
        // Without a tag it may be the same file, but nothing says so.
        return if etag.is_some() { Verdict::Changed } else { Verdict::NoRanges("a part has no entity tag") };
    }
    if range.start > start || range.end <= start {
        return Verdict::Retry(nonsense("the host sent another part of the file than asked for"), None);
    }
    if etag.is_none() && range != (0..length) {
        return Verdict::NoRanges("the host gives no strong entity tag");
    }
    Verdict::Part { range, etag, length }
}

fn unsatisfied(asked: &Asked, known: &Known, headers: &HeaderMap) -> Verdict {
    let code = StatusCode::RANGE_NOT_SATISFIABLE;
    let Asked::Part { start, .. } = *asked else { return Verdict::Stop(status(code, "")) };
    match ContentRange::read(headers) {
        ContentRange::Unsatisfied(length) if known.length.is_some_and(|known| known != length) => {
            Verdict::Changed
        }
        ContentRange::Unsatisfied(length) if length == start => {
            match (strong_etag(headers), &known.etag) {
                // Another file may be just as long as what there is of this one.
                (None, Some(_)) => Verdict::NoRanges("the host does not say whose end it is"),
                (etag, Some(_)) if etag != known.etag => Verdict::Changed,
                _ => Verdict::Complete { length },
            }
        }
        ContentRange::Unsatisfied(_) if start > 0 => Verdict::Changed,
        _ => Verdict::NoRanges("the host says that a part it has is not there"),
    }
}

fn encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        !value.to_str().is_ok_and(|v| v.trim().is_empty() || v.trim().eq_ignore_ascii_case("identity"))
    })
}

fn header(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
