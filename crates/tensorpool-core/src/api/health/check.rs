//! `POST /health`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::model::Acknowledged;
use crate::request;

/// `POST /health`: whether the engine accepts this client and its token (contract §7.9).
///
/// The official client asks this before every command and describes the machine and its Python with it. Here the
/// version is all that is sent unless [`python`](Self::python) is called. Anything but 200 means "stop", with the reason
/// in the message.
#[derive(Clone, Debug, Serialize)]
pub struct CheckHealth {
    package_version: String,
    #[serde(flatten)]
    python: Option<PythonRuntime>,
}

/// What the official client tells of the machine it runs on.
#[derive(Clone, Debug, Serialize)]
pub struct PythonRuntime {
    /// `platform.uname()`: system, node, release, version, machine, processor.
    pub uname: [String; 6],
    /// Such as `3.11.7`.
    pub python_version: String,
    /// Such as `CPython`.
    pub python_implementation: String,
    /// Such as `GCC 12.2.0`.
    pub python_compiler: String,
    /// Build number and date.
    pub python_build: [String; 2],
}

impl CheckHealth {
    /// A check for a client of this version.
    #[must_use]
    pub fn new(package_version: impl Into<String>) -> Self {
        Self { package_version: package_version.into(), python: None }
    }

    /// Describes the machine as the official client does.
    #[must_use]
    pub fn python(mut self, runtime: PythonRuntime) -> Self {
        self.python = Some(runtime);
        self
    }
}

impl Endpoint for CheckHealth {
    type Response = Acknowledged;
    const META: &'static Meta = &Meta::post("health.check", "/health", "§7.9").safe().quick();

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        request::json(self)
    }
}
