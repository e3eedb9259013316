//! A local TensorPool engine: stateful, scriptable, with no account and no network.
//!
//! Three ways to use it:
//!
//! - [`Engine`]: a pure function with state, `handle(now, request) -> response`. No clock, no IO.
//! - [`EmulatorTransport`] (feature `client`): in process, under a client, in virtual time.
//! - [`Server`] (feature `server`): on a socket, for any client in any language; also the program
//!   `tensorpool-emulator`.
//!
//! All three share an [`Emulator`], whose WebSockets are [`EmulatorSocket`]s in process, and whose [`Script`] makes things go wrong on demand.
//!
//! "Contract §n" names the section of the project's description of the API that a fact is from. Where it does not know
//! what the real engine does, the emulator does something plausible and its documentation says that it is a guess.

mod answer;
mod bell;
mod calendar;
mod call;
mod clock;
mod config;
mod emulator;
mod engine;
mod form;
mod ids;
mod job_file;
mod job_script;
mod percent;
mod pricing;
#[cfg(feature = "server")]
mod program;
mod routes;
#[cfg(all(feature = "server", unix))]
mod runner;
mod script;
#[cfg(feature = "server")]
mod server;
mod session;
mod socket;
mod state;
mod tables;
#[cfg(feature = "client")]
mod transport;

pub use bell::Changed;
pub use clock::{Clock, Sleep};
pub use config::{Config, Organization, RateLimit, Timings, User};
pub use emulator::{Answer, Delivery, Emulator};
pub use engine::{Engine, NewJob, Seen};
pub use job_script::JobScript;
#[cfg(feature = "server")]
pub use program::Program;
pub use script::{Fault, Handle, Mishap, Rule, Script};
#[cfg(feature = "server")]
pub use server::{Server, ServerOptions};
pub use socket::{EmulatorSocket, ServerFrame};
#[cfg(feature = "client")]
pub use transport::EmulatorTransport;

/// The code in the crate's own page, compiled.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../README.md")]
mod crate_page {}

#[cfg(test)]
mod tests;
