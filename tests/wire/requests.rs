//! Every request, as it goes over the wire.

use std::fmt::Write as _;

use tensorpool_core::http::Request;
use tensorpool_core::{Bytes, catalog};

use crate::support::{body_of, context, snapshot, snapshots_dir};

/// A value that is not marked sensitive is shown, so that a missing mark shows too.
fn shown(request: &Request<Bytes>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| match value.is_sensitive() {
            true => format!("{name}: <sensitive>"),
            false => format!("{name}: {}", value.to_str().unwrap()),
        })
        .collect();
    headers.sort();
    for header in headers {
        writeln!(text, "{header}").unwrap();
    }
    if let Some(body) = body_of(request) {
        writeln!(text, "\n{body:#}").unwrap();
    }
    text
}

#[test]
fn every_request_is_as_it_was() {
    for entry in catalog::all() {
        let mut text = String::new();
        for example in entry.examples() {
            let request = example.request(&context()).unwrap();
            writeln!(text, "── {} ──\n{}", example.name(), shown(&request)).unwrap();
        }
        snapshot(&format!("request__{}", entry.meta().name), &text);
    }
}

#[test]
fn every_endpoint_has_a_request_snapshot_and_every_request_snapshot_an_endpoint() {
    let files = tensorpool_tests::names_in(&snapshots_dir());
    let mut kept: Vec<_> = files
        .iter()
        .filter_map(|file| file.strip_prefix("request__")?.strip_suffix(".snap"))
        .map(str::to_owned)
        .collect();
    let mut endpoints: Vec<_> = catalog::all().iter().map(|entry| entry.meta().name.to_owned()).collect();
    kept.sort();
    endpoints.sort();
    assert_eq!(kept, endpoints);
}

#[test]
fn the_token_goes_with_every_request_but_the_one_that_needs_none() {
    for entry in catalog::all() {
        for example in entry.examples() {
            let request = example.request(&context()).unwrap();
            let header = request.headers().get("authorization");
            assert_eq!(header.is_some(), entry.meta().name != "health.healthz", "{}", entry.meta().name);
            assert!(header.is_none_or(|value| value.is_sensitive()), "{}", entry.meta().name);
        }
    }
}

#[test]
fn a_body_is_json_and_says_so() {
    for entry in catalog::all() {
        for example in entry.examples() {
            let request = example.request(&context()).unwrap();
            let name = entry.meta().name;
            let content_type = request.headers().get("content-type").map(|value| value.to_str().unwrap());
            match body_of(&request) {
                Some(body) => assert!(body.is_object() && content_type == Some("application/json"), "{name}"),
                None => assert_eq!(content_type, None, "{name}"),
            }
        }
    }
}
