//! `GET /ssh/{instance_id}`

use bytes::Bytes;
use http::Response;

use crate::endpoint::{Endpoint, Meta};
use crate::error::{BuildError, Error};
use crate::extra::model;
use crate::ids::InstanceId;
use crate::model::System;
use crate::request::{Path, Query};
use crate::response;

/// `GET /ssh/{instance_id}`: the command that logs in to an instance (contract §7.1).
///
/// It works once the cluster is running. The command is the server's: show it or judge it, do not hand it to a shell.
#[derive(Clone, Debug)]
pub struct GetSshCommand {
    instance: InstanceId,
    system: Option<System>,
}

impl GetSshCommand {
    /// The command for this instance.
    #[must_use]
    pub fn new(instance: impl Into<InstanceId>) -> Self {
        Self { instance: instance.into(), system: None }
    }

    /// The operating system it will run on. Sent as the official client spells it, `Linux` (contract §13.16).
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = Some(system);
        self
    }
}

model! {
    /// How to log in.
    struct SshCommand {
        required {
            /// The full command line, such as `ssh -p 22 ubuntu@203.0.113.5`.
            command: String,
        }
        optional {
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetSshCommand {
    type Response = SshCommand;
    const META: &'static Meta = &Meta::get("ssh.command", "/ssh/{instance_id}", "§7.1");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.instance.as_str()])
    }

    fn query(&self, query: &mut Query) {
        query.optional("system", self.system.as_ref().map(System::title));
    }

    fn accept(&self, response: &Response<Bytes>) -> Result<SshCommand, Error> {
        response::read_with_text(Self::META, response, "command", |answer: &SshCommand| &answer.command)
    }
}
