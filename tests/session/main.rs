//! Sessions: pushes and listens, by hand in imagined time and over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

#[path = "../certificate.rs"]
mod certificate;
mod far;
mod listen;
mod logger;
mod push;
mod server;
mod sockets;
mod stream;
mod tls;
mod transcript;
