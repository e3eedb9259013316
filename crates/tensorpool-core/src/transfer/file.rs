//! One file of a set: what is had of it, and what to ask for next.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue, IF_RANGE, RANGE, USER_AGENT};
use http::{Request, Uri};

use super::answer::{Asked, Known};
use super::fate::Fate;
use super::range::Ranges;
use super::rel_path::RelPath;
use crate::base_url::is_loopback;
use crate::error::{TransferError, TransferErrorKind};
use crate::redact::SignedUrl;
use crate::time::Time;

/// The names of a set and where to fetch each.
pub(super) type Map = BTreeMap<String, Option<SignedUrl>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Queued,
    Looking,
    Fetching,
    Committing,
    Ended,
}

/// Whether the host serves parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Unknown,
    Yes,
    No,
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) name: Arc<str>,
    /// A refused name has no path, and ended before it began.
    pub(super) path: Option<RelPath>,
    pub(super) uri: Option<Uri>,
    pub(super) stage: Stage,
    pub(super) fate: Option<Fate>,
    pub(super) known: Known,
    pub(super) parts: Parts,
    pub(super) done: Ranges,
    /// The length of the file that is there already, if it is to be left alone.
    pub(super) existing: Option<u64>,
    /// What was recorded of `done`, and when.
    pub(super) recorded: u64,
    pub(super) recorded_at: Time,
    pub(super) not_before: Time,
    /// The most that ever was there, when it last counted as progress.
    pub(super) best: u64,
    pub(super) failures: u32,
    /// How many failures were ever counted. Lanes opened before the last of them fail for the same reason as it.
    pub(super) epoch: u64,
    pub(super) drawn: u32,
    pub(super) restarts: u32,
    pub(super) denied: u32,
    pub(super) stale: bool,
    pub(super) shown_at: Option<Time>,
}

impl File {
    pub(super) fn new(name: Arc<str>, path: Option<RelPath>) -> Self {
        Self {
            name,
            path,
            uri: None,
            stage: Stage::Queued,
            fate: None,
            known: Known::default(),
            parts: Parts::Unknown,
            done: Ranges::default(),
            existing: None,
            recorded: 0,
            recorded_at: Time::ZERO,
            not_before: Time::ZERO,
            best: 0,
            failures: 0,
            epoch: 0,
            drawn: 0,
            restarts: 0,
            denied: 0,
            stale: false,
            shown_at: None,
        }
    }

    /// Nothing is had, nothing is known.
    pub(super) fn forget(&mut self) {
        self.known = Known::default();
        self.done = Ranges::default();
        self.recorded = 0;
    }

    /// Whether every byte is there.
    pub(super) fn is_whole(&self) -> bool {
        self.known.length.is_some_and(|length| self.done.total() == length)
    }

    /// What to ask for while `busy` ranges are being fetched, in parts of at most `size` bytes.
    pub(super) fn next(&self, busy: &[Range<u64>], size: u64) -> Option<Asked> {
        let alone = busy.is_empty();
        if self.parts == Parts::No {
            return alone.then_some(Asked::Whole);
        }
        match (self.known.length, &self.known.etag) {
            // Nothing is known. A part says how long the file is, and whether there are parts at all.
            (None, None) => alone.then_some(Asked::Part { start: 0, end: Some(size) }),
            (None, Some(_)) => alone.then(|| Asked::Part { start: self.done.end(), end: None }),
            (Some(_), None) => alone.then_some(Asked::Whole),
            (Some(length), Some(_)) => {
                // Until an answer has shown that parts are served, one connection is enough.
                if !alone && self.parts != Parts::Yes {
                    return None;
                }
                let mut taken = self.done.clone();
                busy.iter().for_each(|range| taken.insert(range.clone()));
                let gap = taken.first_gap(length)?;
                Some(Asked::Part { start: gap.start, end: Some(gap.end.min(gap.start.saturating_add(size))) })
            }
        }
    }

    /// The request for it. It carries nothing that says who asks: the URL says it all.
    pub(super) fn request(&self, asked: &Asked) -> Option<Request<Bytes>> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.uri.clone()?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        // Ranges and lengths are those of what is sent, so it must be sent as it is.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let agent = HeaderValue::from_static(concat!("tensorpool-rust/", env!("CARGO_PKG_VERSION")));
        headers.insert(USER_AGENT, agent);
        if let Asked::Part { start, end } = asked {
            let range = match end {
                Some(end) => format!("bytes={start}-{}", end.saturating_sub(1)),
                None => format!("bytes={start}-"),
            };
            headers.insert(RANGE, HeaderValue::from_str(&range).ok()?);
            if let Some(etag) = &self.known.etag {
                headers.insert(IF_RANGE, HeaderValue::from_str(etag).ok()?);
            }
        }
        Some(request)
    }

    /// Takes the URL the map has for it.
    pub(super) fn locate(&mut self, map: &Map, plain_http: bool) -> Result<(), TransferError> {
        let refuse = |why: &str| TransferError::new(TransferErrorKind::Url, why);
        match map.get(&*self.name) {
            None => Err(refuse("the server no longer has it")),
            Some(None) => Err(refuse("the server gave no URL for it")),
            Some(Some(url)) => {
                self.uri = Some(uri(url, plain_http).map_err(refuse)?);
                self.stale = false;
                Ok(())
            }
        }
    }
}

fn uri(url: &SignedUrl, plain_http: bool) -> Result<Uri, &'static str> {
    let uri: Uri = url.expose().parse().map_err(|_| "the server gave a URL that is none")?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("the server gave a URL without a host");
    };
    if authority.as_str().contains('@') {
        return Err("the server gave a URL with a password");
    }
    match scheme {
        "https" => Ok(uri),
        "http" if plain_http || is_loopback(authority.host()) => Ok(uri),
        "http" => Err("the URL would travel unencrypted"),
        _ => Err("the server gave a URL that is not of the web"),
    }
}
