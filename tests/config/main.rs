//! What a push is made of: the `.tp.toml` that says what to run, and the folder that is uploaded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod bad;
mod folder;
#[cfg(unix)]
mod folder_unix;
mod generate;
mod git;
mod good;
mod property;
mod tree;
