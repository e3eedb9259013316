//! Flows, driven by hand in imagined time: what they send, when, and how they end, as transcripts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod call;
mod cancel;
mod operation;
mod resume;
mod storm;
mod transcript;
