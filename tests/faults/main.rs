//! Every route against every fault: the right answer or an error that says the truth, in virtual time.
//!
//! The routes are listed once, in [`calls`], with a world in which each of them succeeds; the faults once, in [`faults`],
//! with how each must end. A longer proof draws two faults for one call at random.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod calls;
mod faults;
mod orders;
mod pairs;
mod random;
mod run;
mod world;
