//! The TensorPool API as pure functions and state machines.
//!
//! This crate makes `http::Request`s and reads `http::Response`s. It has no IO, no async, no clock, no randomness and
//! no environment: whoever drives it brings those. Most people want a client instead, such as `tensorpool-reqwest`;
//! come here to use another transport or runtime, or none.
//!
//! The whole loop, on anything that can send a request:
//!
//! ```
//! use tensorpool_core::api::user::GetMe;
//! use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
//! use tensorpool_core::{ApiToken, BaseUrl, Context, Time};
//! # use bytes::Bytes;
//! # use http::{Request, Response};
//! # fn send(_: Request<Bytes>) -> Response<Bytes> { Response::new(r#"{"email":"ada@example.com"}"#.into()) }
//! # fn now() -> Time { Time::ZERO }
//! # fn sleep_until(_: Time) {}
//!
//! let context = Context::new(BaseUrl::default(), ApiToken::new("tp-my-token")?);
//! let mut call = Call::new(&context, GetMe, RetryPolicy::default(), RetryBudget::new(), 0)?;
//! loop {
//!     match call.poll(now()) {
//!         Action::Send(out) => call.handle(now(), Input::Response(send(out.request))),
//!         Action::WaitUntil(time) => sleep_until(time),
//!         Action::Finished => break,
//!         _ => {}
//!     }
//! }
//! assert_eq!(call.finish()?.value.email.as_deref(), Some("ada@example.com"));
//! # Ok::<(), tensorpool_core::Error>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`api`] | every route, one request type each |
//! | [`model`] | what answers are made of |
//! | [`flow`] | calls with retries, operations to their end, as state machines |
//! | [`command`] | commands the server sends, judged and never run |
//! | [`session`] | pushing a job and listening to it, over a WebSocket, as state machines |
//! | [`reconcile`] | what became of an order whose outcome is unknown |
//! | [`transfer`] | signed URLs into files, as a state machine |
//! | [`error`] | what can go wrong, with the evidence |
//! | [`catalog`] | all routes as data, with examples |
//! | `job_config` | the `.tp.toml` file; needs the feature `job-config` |
//!
//! "Contract §n" in these pages names the section of the project's description of the API that a fact is from; what of it
//! is proven and what is a guess is said in `docs/contract.md`.

pub mod api;
mod base_url;
pub mod catalog;
pub mod command;
mod endpoint;
pub mod error;
mod extra;
pub mod flow;
mod ids;
#[cfg(feature = "job-config")]
pub mod job_config;
pub mod model;
mod operation;
pub mod reconcile;
mod redact;
mod request;
mod response;
mod scrub;
pub mod session;
mod time;
mod token;
pub mod transfer;
mod wire_enum;

pub use bytes::Bytes;
pub use http;

pub use base_url::{BaseUrl, is_loopback};
pub use endpoint::{Endpoint, Meta, Replay, TimeoutClass};
pub use error::{Error, TransportError, TransportErrorKind};
pub use extra::Extra;
pub use ids::{BucketName, ClusterId, ClusterRef, InstanceId, JobId, RequestId, SshKeyId, StorageId};
pub use redact::{Redacted, SignedUrl, Snippet};
pub use request::{CLIENT_TYPE, Context, Path, Query, json};
pub use response::{Reply, read};
pub use time::{Time, retry_after};
pub use token::ApiToken;
pub use wire_enum::Unrecognized;

/// The code in the crate's own page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod crate_page {}
