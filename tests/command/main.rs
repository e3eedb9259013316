//! Commands a server sends: which are accepted, as which words, and why all others are not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod accepted;
mod docs;
mod hostile;
#[cfg(unix)]
mod links;
mod random;
mod refusals;
mod rules;
mod support;
