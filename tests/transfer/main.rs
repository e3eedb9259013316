//! Downloads: what becomes of each file, whatever its host answers, whatever it is called, and whenever the process dies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod answers;
mod fates;
mod fifos;
mod host;
mod kill;
mod names;
mod resume;
mod sockets;
mod symlinks;
mod together;
