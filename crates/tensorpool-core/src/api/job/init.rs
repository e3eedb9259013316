//! `GET /job/init`

use bytes::Bytes;
use http::Response;

use crate::endpoint::{Endpoint, Meta};
use crate::error::Error;
use crate::extra::model;
use crate::response;

/// `GET /job/init`: an empty job configuration to start from (contract §3.1).
#[derive(Clone, Debug, Default)]
pub struct InitJob;

model! {
    /// The text of a new `.tp.toml`.
    struct JobTemplate {
        required {
            /// TOML, to be written as it is.
            empty_tp_config: String["empty_tp_config" | "config"],
        }
        optional {
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for InitJob {
    type Response = JobTemplate;
    const META: &'static Meta = &Meta::get("job.init", "/job/init", "§3.1");

    fn accept(&self, response: &Response<Bytes>) -> Result<JobTemplate, Error> {
        response::read_with_text(Self::META, response, "empty_tp_config", |answer: &JobTemplate| {
            &answer.empty_tp_config
        })
    }
}
