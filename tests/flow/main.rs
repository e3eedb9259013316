//! Flows, driven by hand in imagined time: what they send, when, and how they end, as transcripts.

mod call;
mod cancel;
mod operation;
mod resume;
mod storm;
mod transcript;
