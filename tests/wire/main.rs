//! The wire: every request the library can make, and every answer it can read.
//!
//! Requests and answers are snapshots under `snapshots/`; the answers come from `../fixtures/`.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bad_arguments;
#[cfg(test)]
mod bad_bodies;
#[cfg(test)]
mod bad_headers;
#[cfg(test)]
mod official;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod support;
