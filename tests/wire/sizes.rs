//! Answers that are far too large or far too deep.

use std::fmt::Write as _;

use serde_json::json;
use tensorpool_core::api::cluster::ClusterList;
use tensorpool_core::error::Error;
use tensorpool_core::{catalog, read};

use crate::support::{answer, refused};

const LARGE: usize = 100 << 20;

#[test]
fn a_hundred_megabytes_of_clusters_are_read() {
    let mut body = String::with_capacity(LARGE + 4096);
    body.push_str(r#"{"clusters":["#);
    let mut clusters = 0;
    while body.len() < LARGE {
        let comma = if clusters == 0 { "" } else { "," };
        let message = "z".repeat(800);
        write!(
            body,
            r#"{comma}{{"id":"c-{clusters}","name":"{message}","instances":[{{"id":"i-{clusters}","status":"RUNNING"}}]}}"#
        )
        .unwrap();
        clusters += 1;
    }
    body.push_str("]}");
    let meta = catalog::find("cluster.list").unwrap().meta();
    let list = read::<ClusterList>(meta, &answer(200, body)).unwrap();
    assert_eq!(list.clusters.len(), clusters);
    let last = list.clusters.last().unwrap();
    assert_eq!(last.id.as_ref().unwrap().as_str(), format!("c-{}", clusters - 1));
}

#[test]
fn a_hundred_megabytes_of_garbage_are_one_short_line() {
    // Quoted it is JSON, which an unoptimised build takes long over.
    let quoted = format!("\"{}\"", "g".repeat(LARGE / 16));
    let listed = format!("{{\"clusters\":{quoted}}}");
    for body in ["g".repeat(LARGE), quoted, listed] {
        for status in [200, 500] {
            // The check of the line's length is in `refused`.
            let error = refused("cluster.list", &answer(status, body.clone()));
            assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
        }
    }
}

#[test]
fn a_long_field_name_does_not_make_a_long_error() {
    let body = json!({"download_map": {"n".repeat(1 << 20): 7}}).to_string();
    let error = refused("job.pull", &answer(200, body));
    assert!(matches!(&error, Error::Decode(e) if e.path().ends_with('…')), "{error}");
}

#[test]
fn the_servers_words_are_cut_in_the_line_and_whole_in_the_error() {
    let words = "w ".repeat(1 << 20);
    let error = refused("cluster.create", &answer(402, json!({ "message": words }).to_string()));
    assert_eq!(error.server_message().map(str::len), Some(words.len()));
    assert!(error.to_string().ends_with("…; add funds: https://tensorpool.dev/dashboard/balance"), "{error}");
}

#[test]
fn json_nested_a_hundred_thousand_deep_is_an_error_and_no_overflow() {
    const DEEP: usize = 100_000;
    let lists = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let nested = [
        ("cluster.list", objects.clone()),
        ("cluster.list", format!("{{\"clusters\":[],\"new\":{lists}}}")),
        ("cluster.list", format!("{{\"clusters\":[{{\"id\":\"c-1\",\"new\":{objects}}}]}}")),
        ("cluster.list", format!("{{\"clusters\":{lists}}}")),
        ("user.me", format!("{{\"user_id\":{lists}}}")),
        ("bucket.list", format!("{{\"buckets\":[{objects}]}}")),
        ("object_storage.credentials", format!("{{\"access_key_id\":\"opensesame\",\"new\":{lists}}}")),
        ("object_storage.credentials", format!("{{\"access_key_id\":{objects}}}")),
    ];
    for (endpoint, body) in nested {
        let error = refused(endpoint, &answer(200, body));
        assert!(matches!(error, Error::Decode(_)), "{error}");
    }
    for body in
        [lists.clone(), objects.clone(), format!("{{\"detail\":{lists}}}"), format!("{{\"x\":{objects}}}")]
    {
        let error = refused("cluster.list", &answer(500, body));
        assert!(matches!(error, Error::Api(_)), "{error}");
    }
}

#[test]
fn what_a_real_engine_could_nest_is_read() {
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body = format!("{{\"clusters\":[{{\"id\":\"c-1\",\"new\":{nested}}}]}}");
    let meta = catalog::find("cluster.list").unwrap().meta();
    let list = read::<ClusterList>(meta, &answer(200, body)).unwrap();
    assert_eq!(list.clusters[0].extra["new"].to_string(), nested);
}
