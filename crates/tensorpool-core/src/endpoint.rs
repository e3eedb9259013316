//! `Endpoint`: what one route of the API is, as a type.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde::de::DeserializeOwned;

use crate::error::{BuildError, Error};
use crate::request::{Path, Query};
use crate::response;

/// What a second, identical request would do. It decides what may be sent again (see [`RetryPolicy`]).
///
/// It is the effect that counts, not the method: `POST /job/cancel` is [`Idempotent`](Self::Idempotent).
///
/// [`RetryPolicy`]: crate::flow::RetryPolicy
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It changes nothing.
    Safe,
    /// The second has no further effect.
    Idempotent,
    /// The second is a second cluster, a second bill: never sent twice unless the first certainly was not received.
    Never,
}

/// How long one attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutClass {
    /// 15 seconds: checks of the engine or the token.
    Quick,
    /// 30 seconds: most calls.
    Standard,
    /// 60 seconds: creates, and answers the engine must gather.
    Slow,
}

impl TimeoutClass {
    /// The limit for one attempt, from connecting to the last byte of the body.
    #[must_use]
    pub const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Quick => 15,
            Self::Standard => 30,
            Self::Slow => 60,
        })
    }
}

/// The facts of one route: everything about it that does not depend on arguments.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Meta {
    /// The endpoint's name in errors, logs and snapshots, such as `cluster.create`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces, such as `/cluster/info/{cluster}`.
    pub path: &'static str,
    /// The documented success code; any other 2xx is read the same.
    pub success: u16,
    /// What a second, identical request would do.
    pub replay: Replay,
    /// How long one attempt may take.
    pub timeout: TimeoutClass,
    /// Whether the token is sent.
    pub authenticated: bool,
    /// Whether the answer holds secrets: then no part of its body is shown in an error.
    pub secret: bool,
    /// Whether an empty body is a proper answer.
    pub empty_body: bool,
    /// The section of the API contract the facts are from.
    pub contract: &'static str,
}

impl Meta {
    /// A GET that answers 200: safe, standard timeout, authenticated.
    #[must_use]
    pub const fn get(name: &'static str, path: &'static str, contract: &'static str) -> Self {
        Self::new(Method::GET, name, path, contract, Replay::Safe)
    }

    /// A POST that must never be repeated, until [`idempotent`](Self::idempotent) or [`safe`](Self::safe) says otherwise.
    #[must_use]
    pub const fn post(name: &'static str, path: &'static str, contract: &'static str) -> Self {
        Self::new(Method::POST, name, path, contract, Replay::Never)
    }

    /// An idempotent PUT.
    #[must_use]
    pub const fn put(name: &'static str, path: &'static str, contract: &'static str) -> Self {
        Self::new(Method::PUT, name, path, contract, Replay::Idempotent)
    }

    /// An idempotent PATCH.
    #[must_use]
    pub const fn patch(name: &'static str, path: &'static str, contract: &'static str) -> Self {
        Self::new(Method::PATCH, name, path, contract, Replay::Idempotent)
    }

    /// An idempotent DELETE.
    #[must_use]
    pub const fn delete(name: &'static str, path: &'static str, contract: &'static str) -> Self {
        Self::new(Method::DELETE, name, path, contract, Replay::Idempotent)
    }

    const fn new(
        method: Method,
        name: &'static str,
        path: &'static str,
        contract: &'static str,
        replay: Replay,
    ) -> Self {
        Self {
            name,
            method,
            path,
            success: 200,
            replay,
            timeout: TimeoutClass::Standard,
            authenticated: true,
            secret: false,
            empty_body: false,
            contract,
        }
    }

    /// Another documented success code than 200.
    #[must_use]
    pub const fn success(mut self, status: u16) -> Self {
        self.success = status;
        self
    }

    /// A second one has no further effect.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.replay = Replay::Idempotent;
        self
    }

    /// It changes nothing.
    #[must_use]
    pub const fn safe(mut self) -> Self {
        self.replay = Replay::Safe;
        self
    }

    /// Fifteen seconds.
    #[must_use]
    pub const fn quick(mut self) -> Self {
        self.timeout = TimeoutClass::Quick;
        self
    }

    /// Sixty seconds.
    #[must_use]
    pub const fn slow(mut self) -> Self {
        self.timeout = TimeoutClass::Slow;
        self
    }

    /// Sent without the token.
    #[must_use]
    pub const fn anonymous(mut self) -> Self {
        self.authenticated = false;
        self
    }

    /// The answer holds secrets.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// An empty body is a proper answer.
    #[must_use]
    pub const fn empty_body(mut self) -> Self {
        self.empty_body = true;
        self
    }
}

/// One route of the API: how its request is built and its answer read.
///
/// Implemented by the request types of [`api`](crate::api). Yours can implement it too: a route that this version does
/// not know is then sent, retried and read like any other.
///
/// ```
/// use serde::Deserialize;
/// use tensorpool_core::{Endpoint, Meta, Path};
/// use tensorpool_core::error::BuildError;
///
/// #[derive(Debug, Deserialize)]
/// struct Metrics { gpu_hours: f64 }
///
/// struct GetMetrics { cluster: String }
///
/// impl Endpoint for GetMetrics {
///     type Response = Metrics;
///     const META: &'static Meta = &Meta::get("cluster.metrics", "/cluster/metrics/{cluster}", "mine");
///
///     fn path(&self) -> Result<Path, BuildError> {
///         Path::fill(Self::META, &[&self.cluster])
///     }
/// }
/// ```
pub trait Endpoint {
    /// What the answer is read into.
    type Response: DeserializeOwned + fmt::Debug;

    /// The facts of the route.
    const META: &'static Meta;

    /// The path, its parameters filled in.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a parameter cannot be a path segment.
    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[])
    }

    /// Adds the query's pairs.
    fn query(&self, _query: &mut Query) {}

    /// The JSON body, if there is one.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a value breaks a rule the API states.
    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        Ok(None)
    }

    /// What to try, if an answer with this status has a likely cause in the arguments.
    fn hint(&self, _status: http::StatusCode) -> Option<&'static str> {
        None
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] for a status outside 2xx, [`Error::Decode`] for a body that is not what it should be.
    fn accept(&self, response: &Response<Bytes>) -> Result<Self::Response, Error> {
        response::read(Self::META, response).map_err(|error| self.explain(error, response))
    }

    /// Adds [`hint`](Self::hint) to an error; part of [`accept`](Self::accept).
    #[doc(hidden)]
    fn explain(&self, error: Error, response: &Response<Bytes>) -> Error {
        match self.hint(response.status()) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
