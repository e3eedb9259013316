//! Transfers: a map of signed URLs into files, as a state machine that is told the time and what came.
//!
//! ```text
//!            ┌──────────────────────── poll(now) ────────────────────────┐
//!            ▼                                                            │
//!   Look(file) ───────────► what is there of it?  then handle(Looked)     │   ask the sink, at once
//!   Start, Write, Record ─► do it                 then handle(Stored)     │
//!   Commit(file) ─────────► put it in its place   then handle(Committed)  │
//!   Release ──────────────► forget it                                     │
//!   Refresh ──────────────► ask the engine anew   then handle(Refreshed)
//!   Open(lane, request) ──► open a body           then handle(Opened)         side by side
//!   Read(lane) ───────────► one piece of it       then handle(Read)
//!   Close(lane) ──────────► drop it
//!   WaitUntil(time) ──────► until something of the above is there, or this moment
//!   Progress(..) ─────────► show it, or not
//!   Finished ─────────────► finish()
//! ```
//!
//! A *lane* is one request and its body; a big file has several at once. Nothing here knows what a file, a directory or a
//! connection is: see `tensorpool_client` for a driver.
//!
//! What is believed of a host: a length it announced and a strong entity tag. Bytes are only ever joined under the same
//! strong tag; a body that ends early is an interruption even where the connection was closed in order; whatever else a
//! host may answer to a range (RFC 9110 §14–15) ends in the right file or in a typed error.

mod answer;
mod driven;
mod fate;
mod file;
mod lane;
mod names;
mod policy;
mod range;
mod rel_path;
mod set;
mod vocabulary;

pub use fate::{Existing, Fate, Refusal};
pub use policy::TransferPolicy;
pub use range::Ranges;
pub use rel_path::{BadName, RelPath};
pub use set::Transfer;
pub use vocabulary::{Action, Committed, FileId, Found, Input, LaneId, Partial, Progress, Standing};
