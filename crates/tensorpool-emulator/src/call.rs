//! `Call`: one request as a route sees it.

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use serde_json::json;
use tensorpool_core::Time;

use crate::answer::{Issue, Refusal};
use crate::percent;

/// Who asks what, and when.
pub(crate) struct Call<'a> {
    pub(crate) now: Time,
    /// The place of the user in the configuration.
    pub(crate) user: usize,
    /// The values in the path, decoded.
    parameters: Vec<String>,
    query: Vec<(String, String)>,
    pub(crate) body: &'a Bytes,
    /// Where the caller found the engine: the beginning of signed URLs.
    pub(crate) base: String,
}

impl<'a> Call<'a> {
    pub(crate) fn new(now: Time, user: usize, parameters: &[&str], request: &'a Request<Bytes>) -> Self {
        Self {
            now,
            user,
            parameters: parameters.iter().map(|value| percent::decode(value)).collect(),
            query: pairs(request.uri().query().unwrap_or_default()),
            body: request.body(),
            base: base(request),
        }
    }

    /// The first value in the path.
    pub(crate) fn parameter(&self) -> &str {
        self.parameters.first().map_or("", String::as_str)
    }

    /// The last value of this name; an empty one counts as none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of this name.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A flag, false by default, in any of the spellings that FastAPI takes.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let Some(text) = self.text(name) else { return Ok(false) };
        boolean(text).ok_or_else(|| {
            let message = "Input should be a valid boolean, unable to interpret input";
            Refusal::Invalid(vec![Issue::new("bool_parsing", &["query", name], message, text.into())])
        })
    }

    /// Whether the organization's things are meant. `org` is the older name (contract §13.6).
    pub(crate) fn include_org(&self) -> Result<bool, Refusal> {
        Ok(self.flag("include_org")? || self.flag("org")?)
    }

    /// A whole number of at least 1.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let issue = match text.trim().parse::<i128>() {
            Ok(number) if number < 1 => {
                let message = "Input should be greater than or equal to 1";
                Issue::new("greater_than_equal", &["query", name], message, text.into())
                    .context(json!({ "ge": 1 }))
            }
            Ok(number) => match u64::try_from(number) {
                Ok(number) => return Ok(Some(number)),
                Err(_) => unparsable(name, text),
            },
            Err(_) => unparsable(name, text),
        };
        Err(Refusal::Invalid(vec![issue]))
    }

    /// The refusal for a query without what it must have.
    pub(crate) fn missing(name: &str) -> Refusal {
        Refusal::Invalid(vec![Issue::new("missing", &["query", name], "Field required", json!(null))])
    }
}

fn unparsable(name: &str, text: &str) -> Issue {
    let message = "Input should be a valid integer, unable to parse string as an integer";
    Issue::new("int_parsing", &["query", name], message, text.into())
}

/// A boolean as FastAPI reads one from text.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// The pairs of a query.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent::decode(&text.replace('+', " "));
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn base(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => {
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        }
    }
}
