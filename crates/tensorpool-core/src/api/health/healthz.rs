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
    /// A healthy engine's answer. Its shape is unknown: any JSON and plain text are read (contract §7.9), but not a page
    /// (a proxy's, which says nothing of the engine) nor JSON that is cut off.
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
            Error::Decode(_) => match plain(response.body()) {
                Some(text) => Ok(Health { text: Some(text.to_owned()), ..Health::default() }),
                None => Err(error),
            },
            error => Err(error),
        })
    }
}

fn plain(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let broken = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_err();
    match text.trim_start().chars().next()? {
        '<' => None,
        '{' | '[' | '"' if broken() => None,
        _ => Some(text),
    }
}
