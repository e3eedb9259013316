//! Every fault, and how a call that meets it once must end.

use std::time::Duration;

use tensorpool_client::core::Bytes;
use tensorpool_client::core::http::{HeaderValue, Response, StatusCode};
use tensorpool_client::core::{Meta, Replay};
use tensorpool_emulator::Fault;

use crate::run::Report;

/// How a call must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Well.
    Done,
    /// With an error that is certain that nothing was applied.
    Refused,
    /// With an error that says that it may have been applied.
    Doubtful,
    /// Well, or as `Doubtful`: sent again, the engine may say that it is done already.
    Settled,
    /// In any way.
    Somehow,
}

impl Ends {
    pub(crate) fn holds(self, report: &Report) -> bool {
        let (done, doubtful) = (report.outcome.is_ok(), report.doubtful());
        match self {
            Self::Done => done,
            Self::Refused => !done && !doubtful && !report.applied,
            Self::Doubtful => doubtful,
            Self::Settled => done || doubtful,
            Self::Somehow => true,
        }
    }
}

/// A fault, made for an answer of so many bytes, and how a call that is `Safe`, `Idempotent`, `Never` must end.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) fault: fn(usize) -> Fault,
    pub(crate) ends: [Ends; 3],
    /// The engine sees the request once more than it was sent.
    pub(crate) doubles: bool,
    /// A success without a body, of which the engine knows nothing.
    pub(crate) forges: bool,
    /// Only half of the body is left.
    pub(crate) halves: bool,
    /// JSON, but not an object.
    pub(crate) other_json: bool,
}

impl Row {
    /// How a call of this route, whose answer has so many bytes, must end.
    pub(crate) fn ends(&self, meta: &Meta, body: usize) -> Ends {
        // Half of nothing is nothing: the answer is as it was.
        let whole = self.halves && body == 0;
        // Any JSON is a sign of health: the shape of the answer is unknown (contract §7.9).
        let healthy = self.other_json && meta.name == "health.healthz";
        if whole || healthy || self.passes_for_success(meta) {
            return Ends::Done;
        }
        match meta.replay {
            Replay::Safe => self.ends[0],
            Replay::Idempotent => self.ends[1],
            Replay::Never => self.ends[2],
        }
    }

    /// Whether nobody could tell it from a success: it has no body, and none is needed.
    pub(crate) fn passes_for_success(&self, meta: &Meta) -> bool {
        self.forges && meta.empty_body
    }
}

const fn row(name: &'static str, fault: fn(usize) -> Fault, ends: [Ends; 3]) -> Row {
    Row { name, fault, ends, doubles: false, forges: false, halves: false, other_json: false }
}

/// An answer without a body.
fn empty(status: u16) -> Fault {
    Fault::body(status, Bytes::new())
}

/// The engine does what was asked; what comes back has this status.
fn turned(status: u16) -> Fault {
    Fault::change(move |mut response| {
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    })
}

/// The engine does what was asked; what comes back has this body.
fn replaced(body: &'static [u8]) -> Fault {
    Fault::change(move |response| response.map(|_| Bytes::from_static(body)))
}

use Ends::{Done, Doubtful, Refused, Settled, Somehow};

/// It is certain that the engine did not get it, or the engine said no for now.
const AGAIN: [Ends; 3] = [Done, Done, Done];
/// The engine did not get it, which nobody can know.
const LOST: [Ends; 3] = [Done, Done, Doubtful];
/// The engine did it, and the answer is lost.
const UNANSWERED: [Ends; 3] = [Done, Settled, Doubtful];
/// The engine said no.
const NO: [Ends; 3] = [Refused, Refused, Refused];
/// An answer that says nothing, or a crash.
const UNCLEAR: [Ends; 3] = [Refused, Doubtful, Doubtful];

const HOUR: Duration = Duration::from_secs(3600);

/// All of them. `Duplicate` is the last: HTTP never does that, but a proxy may.
pub(crate) static ROWS: &[Row] = &[
    row("not sent", |_| Fault::NotSent, AGAIN),
    row("cut before", |_| Fault::CutBefore, LOST),
    row("cut after", |_| Fault::CutAfter, UNANSWERED),
    row("reset after 0", |_| Fault::ResetAfter(0), UNANSWERED),
    row("reset after 1", |_| Fault::ResetAfter(1), UNANSWERED),
    row("reset after half", |body| Fault::ResetAfter(body / 2), UNANSWERED),
    row("reset before the last byte", |body| Fault::ResetAfter(body.saturating_sub(1)), UNANSWERED),
    row("short body", |_| Fault::ShortBody, UNANSWERED),
    row("stall", |_| Fault::Stall, LOST),
    row("stall after", |_| Fault::StallAfter, UNANSWERED),
    row("a second late", |_| Fault::Delay(Duration::from_secs(1)), AGAIN),
    row("an hour late", |_| Fault::Delay(HOUR), UNANSWERED),
    Row { halves: true, ..row("bad JSON", |_| Fault::BadJson, UNCLEAR) },
    row("bad UTF-8", |_| Fault::BadUtf8, UNCLEAR),
    row("HTML", |_| Fault::Html, UNCLEAR),
    row("unknown enums", |_| Fault::UnknownEnums, AGAIN),
    row("unknown fields", |_| Fault::UnknownFields, AGAIN),
    row("another content type", |_| Fault::change(plain_text), AGAIN),
    Row { other_json: true, ..row("a list", |_| replaced(b"[]"), UNCLEAR) },
    Row { other_json: true, ..row("null", |_| replaced(b"null"), UNCLEAR) },
    row("done, then 500", |_| turned(500), UNCLEAR),
    row("done, then 502", |_| turned(502), UNANSWERED),
    row("done, then 504", |_| turned(504), UNANSWERED),
    Row { forges: true, ..row("204, nothing done", |_| empty(204), UNCLEAR) },
    Row { forges: true, ..row("200 without a body, nothing done", |_| empty(200), UNCLEAR) },
    row("301", |_| Fault::status(301), NO),
    row("302", |_| Fault::status(302), NO),
    row("303", |_| Fault::status(303), UNCLEAR),
    row("304", |_| Fault::status(304), NO),
    row("307", |_| Fault::status(307), NO),
    row("400", |_| Fault::status(400), NO),
    row("401", |_| Fault::status(401), NO),
    row("402", |_| Fault::status(402), NO),
    row("403", |_| Fault::status(403), NO),
    row("404", |_| Fault::status(404), NO),
    row("409", |_| Fault::status(409), NO),
    row("422", |_| Fault::status(422), NO),
    row("429", |_| Fault::status(429), AGAIN),
    row("429 for a second", |_| Fault::status_retry_after(429, "1"), AGAIN),
    row("429 for an hour", |_| Fault::status_retry_after(429, "3600"), NO),
    row("500", |_| Fault::status(500), UNCLEAR),
    row("500 without a body", |_| empty(500), UNCLEAR),
    row("501", |_| Fault::status(501), UNCLEAR),
    row("502", |_| Fault::status(502), LOST),
    row("503", |_| Fault::status(503), LOST),
    row("503 for a second", |_| Fault::status_retry_after(503, "1"), LOST),
    row("503 for an hour", |_| Fault::status_retry_after(503, "3600"), UNCLEAR),
    row("504", |_| Fault::status(504), LOST),
    row("599", |_| Fault::status(599), UNCLEAR),
    Row { doubles: true, ..row("duplicate", |_| Fault::Duplicate, [Done, Somehow, Somehow]) },
];

fn plain_text(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    response
}
