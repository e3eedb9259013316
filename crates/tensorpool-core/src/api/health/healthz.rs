//! `GET /healthz`

use bytes::Bytes;
use http::Response;

use crate::endpoint::{Endpoint, Meta};
use crate::error::Error;
use crate::extra::model;
use crate::response;

/// `GET /healthz`: whether the engine is up. Needs no token (contract §7.9).
#[derive(Clone, Debug, Default)]
pub struct Healthz;

model! {
    /// A healthy engine's answer. Its shape is unknown: JSON or plain text, both are read (contract §7.9).
    #[derive(Default)]
    struct Health {
        required {}
        optional {
            /// Such as `ok`.
            status: Option<String>,
            /// The answer, where it was not a JSON object.
            text: Option<String>,
        }
    }
}

impl Endpoint for Healthz {
    type Response = Health;
    const META: &'static Meta =
        &Meta::get("health.healthz", "/healthz", "§7.9").quick().anonymous().empty_body();

    fn accept(&self, response: &Response<Bytes>) -> Result<Health, Error> {
        response::read(Self::META, response).or_else(|error| match error {
            Error::Decode(_) => {
                let text = String::from_utf8_lossy(response.body()).into_owned();
                Ok(Health { text: Some(text), ..Health::default() })
            }
            error => Err(error),
        })
    }
}
