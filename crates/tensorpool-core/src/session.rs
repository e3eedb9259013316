//! Sessions: conversations over a WebSocket as state machines, driven with the time and what the far end does.
//!
//! ```text
//!              ┌──────────────────────── poll(now) ─────────────────────────┐
//!              ▼                                                            │
//!   Open(opening) ───► connect, then handle(now, Opened | Refused | Failed) │
//!   Send(frame), Ping ► write it; handle(now, Received(Lost)) if that fails │
//!   Recv { until } ──► listen until then, then handle(now, Received(..)) ───┤
//!   Ask(outgoing) ───► send it over REST, then handle(now, Answered(..)) ───┤
//!   WaitUntil(time) ─► sleep ───────────────────────────────────────────────┤
//!   Event(event) ────► show it, or act on it ───────────────────────────────┤
//!   Close ───────────► say goodbye, without waiting for an answer ──────────┘
//!   Finished ────────► finish()
//! ```
//!
//! ```text
//!              Opened            job sent            Closed, Lost, silence, status "error"
//!   opening ──────────► greeting ────────► talking ─────────────────────────────────────► ended      Push
//!      │ Refused, Failed                                                                   ▲
//!      └───────────────────────────────────────────────────────────────────────────────────┘
//!
//!              Opened                       status "success", "error"
//!   opening ──────────► joining ─► live ────────────────────────────► asking ──► ended              Listen
//!      ▲ ▲                  │ cut    │ cut       closed 1000, cut too often ▲ │
//!      │ └───── waiting ◄───┴────────┴──────────────────────────────────────┘ │ the job still runs
//!      └──────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A ping goes out every 5 s; 10 s without any frame, while we were listening, end a connection (contract §9 has the same
//! figures). Sessions need nothing but the calls above: any runtime, or none, can drive them. The WebSocket itself
//! (handshake, masks, fragments, answering pings) is the driver's.

mod command;
mod frame;
mod history;
mod keepalive;
mod listen;
mod opening;
mod push;
mod refusal;

use std::fmt;

use bytes::Bytes;
use http::Response;

pub use command::{CommandRequest, CommandResult};
pub use frame::{Frame, OddFrame};
pub use listen::{Listen, ListenEnd, ListenEvent, ListenOptions, ListenStatus};
pub use opening::Opening;
pub use push::{Push, PushEvent, PushJob, Pushed};

use crate::endpoint::Meta;
use crate::error::{Error, TransportError};
use crate::flow::{Input, Outgoing};
use crate::time::Time;

/// The facts of `WS /job/push` (contract §9.1). Opening it changes nothing; the frames that follow do.
pub const PUSH: &Meta = &Meta::get("job.push", "/job/push", "§9.1");

/// The facts of `WS /job/listen/{job_id}` (contract §9.2).
pub const LISTEN: &Meta = &Meta::get("job.listen", "/job/listen/{job_id}", "§9.2");

/// The most bytes of one frame unless told otherwise: 1 MiB.
pub const MAX_FRAME: usize = 1024 * 1024;

/// What a session wants next.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionAction<E> {
    /// Open a new connection in place of any that is left, and tell the outcome.
    Open(Box<Opening>),
    /// Send this over REST, and give the outcome to [`Session::handle`] as [`SessionInput::Answered`].
    Ask(Box<Outgoing>),
    /// Write this as a text frame. There is nothing to tell unless it fails.
    Send(Frame),
    /// Write a ping. There is nothing to tell unless it fails.
    Ping,
    /// Listen until then and tell what came, if only [`Received::Elapsed`]. A time that is over asks for what is there.
    Recv {
        /// When to stop listening.
        until: Time,
    },
    /// Nothing to do before this moment: sleep, then poll again.
    WaitUntil(Time),
    /// Something to show or to act on; poll again at once.
    Event(E),
    /// Write a close frame and drop the connection; waiting for an answer is not needed.
    Close,
    /// Call [`Session::finish`].
    Finished,
}

/// What became of a [`SessionAction`].
///
/// `Debug` shows no body and no frame: they may hold what only the user should see.
#[non_exhaustive]
pub enum SessionInput {
    /// The connection is a WebSocket now.
    Opened,
    /// The server answered the upgrade with something else than 101.
    Refused(Response<Bytes>),
    /// There was no answer to the upgrade.
    Failed(TransportError),
    /// Something came in, or nothing did.
    Received(Received),
    /// What became of an [`SessionAction::Ask`].
    Answered(Input),
}

/// What one look at the connection brought. `Debug` shows sizes, not contents.
#[non_exhaustive]
pub enum Received {
    /// A text frame, whole. Core checks that it is UTF-8; a socket need not.
    Text(Bytes),
    /// A binary frame, whole.
    Binary(Bytes),
    /// A pong, or a ping that the socket has answered: a sign of life and nothing else.
    Pong,
    /// A close frame. The connection is over.
    Closed {
        /// The code, if the frame held one.
        code: Option<u16>,
        /// The reason, perhaps empty.
        reason: String,
    },
    /// The connection ended without a close frame (code 1006 in other libraries), or writing failed.
    Lost(TransportError),
    /// The far end broke the protocol: a frame over the cap, text that is not UTF-8, garbage. The connection is over.
    Broken(TransportError),
    /// Nothing came in that time.
    Elapsed,
}

impl fmt::Debug for SessionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("Opened"),
            Self::Refused(response) => f.debug_tuple("Refused").field(&response.status()).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Received(received) => received.fmt(f),
            Self::Answered(input) => f.debug_tuple("Answered").field(input).finish(),
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
            Self::Pong => f.write_str("Pong"),
            Self::Closed { code, reason } => {
                f.debug_struct("Closed").field("code", code).field("reason", &reason.len()).finish()
            }
            Self::Lost(error) => f.debug_tuple("Lost").field(error).finish(),
            Self::Broken(error) => f.debug_tuple("Broken").field(error).finish(),
            Self::Elapsed => f.write_str("Elapsed"),
        }
    }
}

/// A conversation with the engine over a WebSocket.
pub trait Session {
    /// What it tells on the way.
    type Event;
    /// What it ends with.
    type Output;

    /// What to do next.
    fn poll(&mut self, now: Time) -> SessionAction<Self::Event>;

    /// Takes the outcome of the last action that has one. An outcome that was not asked for is ignored.
    fn handle(&mut self, now: Time, input: SessionInput);

    /// Drops a connection attempt or a question whose outcome will not come, as when the driver's future was dropped: the
    /// next poll asks for it anew. That does no harm: nothing is ordered before a connection is open.
    fn forget_unanswered(&mut self);

    /// The result, after [`SessionAction::Finished`]. Earlier, it is an error that says so.
    ///
    /// # Errors
    ///
    /// Whatever ended the session without success: an [`Error::Session`].
    fn finish(self) -> Result<Self::Output, Error>;
}
