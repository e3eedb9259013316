//! `Opening`: how a connection is asked for, and the first frame on it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::MAX_FRAME;
use super::frame::{self, Fields, Frame, OddFrame};
use crate::endpoint::Meta;
use crate::error::{ApiError, Error};
use crate::request::{Context, Path};
use crate::scrub;
use crate::token::ApiToken;

/// One attempt to open a connection.
///
/// The URI is the engine's WebSocket twin, `wss://…` (contract §9). There is no `Authorization`: the token goes in the first
/// frame. The headers of the handshake itself are the driver's to add, since its key is entropy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// The request to upgrade.
    pub request: Request<()>,
    /// How long it may take, from connecting to the last byte of the answer: 30 s.
    pub limit: Duration,
    /// The most bytes of one frame from the server.
    pub max_frame: usize,
    /// The route it is for: its name and path template are fit for logs.
    pub meta: &'static Meta,
}

/// Everything needed to open the same connection, again if need be.
#[derive(Clone)]
pub(super) struct Door {
    opening: Opening,
    token: ApiToken,
}

impl Door {
    pub(super) fn new(context: &Context, meta: &'static Meta, values: &[&str]) -> Result<Self, Error> {
        let built = (|| {
            let token = context.check()?.clone();
            let request = context.upgrade(Path::fill(meta, values)?)?;
            let opening = Opening { request, limit: meta.timeout.limit(), max_frame: MAX_FRAME, meta };
            Ok(Self { opening, token })
        })();
        built.map_err(|error: crate::error::BuildError| error.at(meta.name).into())
    }

    pub(super) fn limit(&self) -> Duration {
        self.opening.limit
    }

    fn max_frame(&self) -> usize {
        self.opening.max_frame
    }

    pub(super) fn set_max_frame(&mut self, bytes: usize) {
        self.opening.max_frame = bytes;
    }

    pub(super) fn opening(&self) -> Box<Opening> {
        Box::new(self.opening.clone())
    }

    /// The frame that holds the key.
    pub(super) fn key(&self) -> Frame {
        Frame::key(&self.token)
    }

    /// Reads a frame, without the token.
    pub(super) fn read(&self, text: &[u8]) -> Result<Fields, OddFrame> {
        let mut fields = frame::read(text, self.max_frame())?;
        // After reading: on the wire a token may be escaped.
        fields.scrub(self.token.expose());
        Ok(fields)
    }

    /// Reads a frame of a session that has commands: they are answered word for word, so they keep what they say.
    pub(super) fn read_with_command(&self, text: &[u8]) -> Result<Fields, OddFrame> {
        let mut fields = frame::read(text, self.max_frame())?;
        fields.scrub_all_but_command(self.token.expose());
        Ok(fields)
    }

    /// The server's words without the token, which some servers repeat when they refuse it.
    pub(super) fn scrub(&self, words: &str) -> String {
        words.replace(self.token.expose(), scrub::SCRUBBED)
    }
}

impl Door {
    /// The error of an answer that is no upgrade, without the token.
    pub(super) fn refusal(&self, response: &Response<Bytes>) -> ApiError {
        let clean = scrub::answer(response, self.token.expose());
        ApiError::read(self.opening.meta, clean.as_ref().unwrap_or(response))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Door").field(&self.opening.request.uri()).finish()
    }
}
