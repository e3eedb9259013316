//! Shared by the project's tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use this"
)]

pub mod oracle;
pub mod proof;
pub mod targets;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tensorpool_core::http::{Response, StatusCode};
use tensorpool_core::{Bytes, Meta, catalog};

/// An answer of the engine, kept in `fixtures/<endpoint>/<case>.json`.
///
/// The file is an object: `status`, optionally `headers`, and at most one of `body` (JSON), `raw` (text) and `bytes` (numbers).
/// `sample` names the documented example whose shape it has, with values of its own.
///
/// A case's name begins with its age: `today` is what is documented, `tomorrow` what a newer engine may say, `broken` a
/// success that cannot be read, `error` an answer outside 2xx.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// The endpoint's name.
    pub endpoint: String,
    /// The file's name without its ending.
    pub case: String,
    /// The documented example it covers.
    pub sample: Option<String>,
    /// The body, where it is JSON.
    pub json: Option<Value>,
    /// The whole answer.
    pub response: Response<Bytes>,
}

impl Fixture {
    /// The first word of the case's name: `today`, `tomorrow`, `broken` or `error`.
    #[must_use]
    pub fn age(&self) -> &str {
        self.case.split('_').next().unwrap_or_default()
    }

    /// How a failing test names it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.endpoint, self.case)
    }

    /// The route it answers.
    #[must_use]
    pub fn entry(&self) -> &'static catalog::Entry {
        catalog::find(&self.endpoint).unwrap_or_else(|| panic!("{} names no endpoint", self.name()))
    }

    /// The facts of that route.
    #[must_use]
    pub fn meta(&self) -> &'static Meta {
        self.entry().meta()
    }

    /// The same answer with another body.
    #[must_use]
    pub fn with_body(&self, body: impl Into<Bytes>) -> Response<Bytes> {
        let mut response = self.response.clone();
        *response.body_mut() = body.into();
        response
    }
}

/// Where the fixtures are.
#[must_use]
pub fn fixtures_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All fixtures, by name.
#[must_use]
pub fn fixtures() -> Vec<Fixture> {
    let endpoints = names_in(&fixtures_dir());
    let all = endpoints.iter().flat_map(|endpoint| {
        names_in(&fixtures_dir().join(endpoint)).into_iter().map(move |file| {
            let case = file.strip_suffix(".json").unwrap_or_else(|| panic!("{endpoint}/{file} is not .json"));
            fixture(endpoint, case)
        })
    });
    all.collect()
}

/// The fixture `fixtures/<endpoint>/<case>.json`.
#[must_use]
pub fn fixture(endpoint: &str, case: &str) -> Fixture {
    let path = fixtures_dir().join(endpoint).join(format!("{case}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{endpoint}/{case}: {e}"));
    let mut file: Map<String, Value> =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{endpoint}/{case}: {e}"));
    let json = file.remove("body");
    let body = match (&json, file.remove("raw"), file.remove("bytes")) {
        (Some(json), None, None) => Bytes::from(json.to_string()),
        (None, Some(Value::String(raw)), None) => Bytes::from(raw),
        (None, None, Some(bytes)) => serde_json::from_value::<Vec<u8>>(bytes).expect("bytes").into(),
        (None, None, None) => Bytes::new(),
        _ => panic!("{endpoint}/{case} has more than one body"),
    };
    let mut response = Response::new(body);
    let status = file.remove("status").and_then(|status| u16::try_from(status.as_u64()?).ok());
    *response.status_mut() = StatusCode::from_u16(status.expect("a status")).expect("a status");
    if let Some(Value::Object(headers)) = file.remove("headers") {
        for (name, value) in headers {
            let name: tensorpool_core::http::HeaderName = name.parse().expect("a header's name");
            response.headers_mut().insert(name, value.as_str().expect("text").parse().expect("a header"));
        }
    }
    let sample = file.remove("sample").map(|sample| sample.as_str().expect("a name").to_owned());
    assert!(file.is_empty(), "{endpoint}/{case} has more than it should: {file:?}");
    Fixture { endpoint: endpoint.to_owned(), case: case.to_owned(), sample, json, response }
}

/// The names in a directory, sorted.
#[must_use]
pub fn names_in(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}
