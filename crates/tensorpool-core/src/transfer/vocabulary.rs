//! What a transfer asks of its driver, and what it is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::fate::Refusal;
use super::file::Map;
use super::range::Ranges;
use crate::error::{Error, TransferError, TransportError};
use crate::time::Time;

/// A file of the set, by its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(super) usize);

/// One request and the body of its answer. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub(super) u64);

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {}", self.0)
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lane {}", self.0)
    }
}

/// What a transfer wants next. Those for the sink must be done in the order in which they come.
///
/// `Debug` shows no request: its URL is a secret.
#[non_exhaustive]
pub enum Action {
    /// Say what is there of this file, with [`Input::Looked`].
    Look(FileId),
    /// Forget what is there of this file and begin anew, under this tag and length; [`Input::Stored`].
    Start {
        /// The file.
        file: FileId,
        /// The strong entity tag, if the host gave one: without it there is no use in recording.
        etag: Option<String>,
        /// The length, if it is known.
        length: Option<u64>,
    },
    /// Write these bytes at this place; [`Input::Stored`].
    Write {
        /// The file.
        file: FileId,
        /// Where.
        offset: u64,
        /// What.
        data: Bytes,
    },
    /// Make what was written last, then record that these ranges are there; [`Input::Stored`].
    Record {
        /// The file.
        file: FileId,
        /// What is there.
        done: Ranges,
    },
    /// Put the whole file in its place; [`Input::Committed`].
    Commit {
        /// The file.
        file: FileId,
        /// Its length.
        length: u64,
    },
    /// The file has ended without [`Commit`](Self::Commit). Nothing is to be told.
    Release {
        /// The file.
        file: FileId,
        /// Whether to keep what was recorded for another run; else it is of no use.
        keep: bool,
    },
    /// Ask the engine for fresh URLs; [`Input::Refreshed`].
    Refresh,
    /// Send this and tell of the head of the answer within the limit; [`Input::Opened`].
    Open {
        /// A new lane.
        lane: LaneId,
        /// Without a token, and not to be given one.
        request: Box<Request<Bytes>>,
        /// How long it may take.
        limit: Duration,
    },
    /// Read the next piece of this lane's body, however long that takes; [`Input::Read`].
    Read(LaneId),
    /// Drop this lane: nothing more is wanted of it. What is still told of it is ignored.
    Close(LaneId),
    /// Nothing to do before a lane has something to tell, or this moment.
    WaitUntil(Time),
    /// Something to show.
    Progress(Progress),
    /// Call [`Transfer::finish`](super::Transfer::finish).
    Finished,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Look(file) => write!(f, "Look({file})"),
            Self::Start { file, .. } => write!(f, "Start({file})"),
            Self::Write { file, offset, data } => write!(f, "Write({file}, {offset}, {} bytes)", data.len()),
            Self::Record { file, .. } => write!(f, "Record({file})"),
            Self::Commit { file, .. } => write!(f, "Commit({file})"),
            Self::Release { file, keep } => write!(f, "Release({file}, keep: {keep})"),
            Self::Refresh => f.write_str("Refresh"),
            Self::Open { lane, .. } => write!(f, "Open({lane})"),
            Self::Read(lane) => write!(f, "Read({lane})"),
            Self::Close(lane) => write!(f, "Close({lane})"),
            Self::WaitUntil(time) => write!(f, "WaitUntil({time})"),
            Self::Progress(progress) => write!(f, "Progress({progress})"),
            Self::Finished => f.write_str("Finished"),
        }
    }
}

/// What is told to a transfer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// What is there of a file.
    Looked(FileId, Result<Found, TransferError>),
    /// Whether `Start`, `Write` or `Record` was done.
    Stored(FileId, Result<(), TransferError>),
    /// Whether the file is in its place.
    Committed(FileId, Result<Committed, TransferError>),
    /// The head of an answer, or none.
    Opened(LaneId, Result<Response<()>, TransportError>),
    /// A piece of a body, or its end.
    Read(LaneId, Result<Option<Bytes>, TransportError>),
    /// A new map.
    Refreshed(Result<Map, Error>),
}

/// What is there of a file before it is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// What stands in its place.
    pub standing: Standing,
    /// What an earlier run left.
    pub partial: Option<Partial>,
}

impl Found {
    /// Of this.
    #[must_use]
    pub fn new(standing: Standing, partial: Option<Partial>) -> Self {
        Self { standing, partial }
    }
}

/// What stands in the place of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    #[default]
    Nothing,
    /// A file of this many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// Anything else, such as a symbolic link.
    Other,
}

/// What an earlier run left of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partial {
    /// Its strong entity tag.
    pub etag: String,
    /// Its length, if it was known.
    pub length: Option<u64>,
    /// What is there, surely.
    pub done: Ranges,
}

impl Partial {
    /// Of this.
    #[must_use]
    pub fn new(etag: impl Into<String>, length: Option<u64>, done: Ranges) -> Self {
        Self { etag: etag.into(), length, done }
    }
}

/// How a file came to its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Committed {
    /// It is there.
    Placed,
    /// The same file was there already, and still is.
    Identical,
    /// What is there is to be left alone.
    Refused(Refusal),
}

/// Something to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// So much of a file is there: at its beginning, about every tenth of a second, and at its end. It may become less, when
    /// a file changed or cannot be resumed.
    Bytes {
        /// The file's name.
        name: Arc<str>,
        /// How many bytes are there.
        done: u64,
        /// Of how many, if that is known.
        length: Option<u64>,
    },
    /// Something failed and is tried again.
    Retry {
        /// The file's name.
        name: Arc<str>,
        /// What failed, in words.
        why: String,
        /// How long it waits first.
        wait: Duration,
    },
    /// URLs have expired; fresh ones are asked for.
    Refresh,
    /// A file has come to its end.
    Ended {
        /// The file's name.
        name: Arc<str>,
        /// Whether it is there as the server has it.
        good: bool,
        /// Its fate, in words.
        fate: String,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { name, done, length: Some(length) } => {
                write!(f, "{name:?}: {done} of {length} bytes")
            }
            Self::Bytes { name, done, length: None } => write!(f, "{name:?}: {done} bytes"),
            Self::Retry { name, why, wait } => {
                write!(f, "{name:?}: {why}; again in {:.1} s", wait.as_secs_f64())
            }
            Self::Refresh => f.write_str("asking for fresh URLs"),
            Self::Ended { name, fate, .. } => write!(f, "{name:?}: {fate}"),
        }
    }
}
