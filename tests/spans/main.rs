//! What a call writes to `tracing`: a span for each attempt that says what is useful, and no secret anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod attempts;
mod canaries;
mod recorder;
