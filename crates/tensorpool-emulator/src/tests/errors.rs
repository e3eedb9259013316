//! Errors, in the shapes of contract §10.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::json;
use tensorpool_core::api::cluster::ListClusters;
use tensorpool_core::api::health::{CheckHealth, Healthz};
use tensorpool_core::api::user::GetMe;
use tensorpool_core::{BaseUrl, Context};

use super::{Lab, config, context};
use crate::Engine;

#[test]
fn without_a_token_there_is_only_healthz() {
    let mut lab = Lab::new();
    lab.context = context("tp-nobody");
    let answer = lab.answer(&GetMe);
    assert_eq!(answer.status(), 401);
    assert_eq!(&answer.body()[..], br#"{"error":"Invalid or missing authentication token"}"#);
    // What the official client shows of it.
    let (_, shown) =
        (lab.status(CheckHealth::new("0.0.9")), lab.call(CheckHealth::new("0.0.9")).unwrap_err());
    assert!(shown.server_message().unwrap().contains("authentication token"));
    lab.context = Context::anonymous(BaseUrl::parse("http://127.0.0.1:1").unwrap());
    assert_eq!(lab.call(Healthz).unwrap().status.as_deref(), Some("ok"));
    let bare = |target: &str| Request::get(target).body(Bytes::new()).unwrap();
    assert_eq!(lab.engine.handle(lab.now, &bare("/cluster/list")).status(), 401);
    assert_eq!(lab.engine.handle(lab.now, &bare("/no/such/route")).status(), 401);
    let basic = Request::get("/me").header("authorization", "Basic tp-ada").body(Bytes::new()).unwrap();
    assert_eq!(lab.engine.handle(lab.now, &basic).status(), 401);
}

#[test]
fn what_is_no_route_is_not_found_and_what_has_another_method_is_said() {
    let mut lab = Lab::new();
    assert_eq!(lab.raw("GET", "/nothing", ""), (404, json!({"detail": "Not Found"})));
    assert_eq!(lab.raw("GET", "/cluster/info/", ""), (404, json!({"detail": "Not Found"})));
    assert_eq!(lab.raw("PUT", "/me", ""), (405, json!({"detail": "Method Not Allowed"})));
    assert_eq!(lab.raw("GET", "/cluster/create", ""), (405, json!({"detail": "Method Not Allowed"})));
}

#[test]
fn a_bad_request_is_explained_as_fastapi_does_it() {
    let mut lab = Lab::new();
    let mut first = |body: &str| {
        let (status, answer) = lab.raw("POST", "/cluster/create", body);
        assert_eq!(status, 422, "{answer}");
        answer["detail"][0].clone()
    };
    assert_eq!(
        first("{}"),
        json!({"type": "missing", "loc": ["body", "instance_type"], "msg": "Field required", "input": {}})
    );
    assert_eq!(
        first(""),
        json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null})
    );
    assert_eq!(first("{\"a\":")["type"], "json_invalid");
    assert_eq!(first("[]")["type"], "model_attributes_type");
    assert_eq!(first(r#"{"instance_type":"1xFoo"}"#)["loc"], json!(["body", "instance_type"]));
    assert_eq!(first(r#"{"instance_type":null}"#)["type"], "string_type");
    assert_eq!(first(r#"{"instance_type":"1xH100","num_nodes":0}"#)["type"], "greater_than_equal");
    assert_eq!(first(r#"{"instance_type":"1xH100","num_nodes":1.5}"#)["type"], "int_type");
    assert_eq!(first(r#"{"instance_type":"1xH100","deletion_protection":"maybe"}"#)["type"], "bool_type");
    assert_eq!(
        first(r#"{"instance_type":"1xH100","public_keys":"k"}"#)["loc"],
        json!(["body", "public_keys"])
    );
    assert_eq!(first(r#"{"instance_type":"1xH100","tp_cluster_name":" "}"#)["type"], "string_too_short");
    let (_, two) = lab.raw("POST", "/storage/attach", "{}");
    assert_eq!(two["detail"].as_array().unwrap().len(), 2, "all findings at once");
    let (_, query) = lab.raw("GET", "/storage/quote", "");
    assert_eq!(query["detail"][0]["loc"], json!(["query", "size_gb"]));
    assert_eq!(lab.raw("GET", "/storage/quote?size_gb=many", "").0, 422);
    assert_eq!(lab.raw("GET", "/cluster/quote?instance_type=1xH100&num_nodes=0", "").0, 422);
}

#[test]
fn who_asks_too_often_is_told_when_to_come_back() {
    let mut lab = Lab::with(config().rate_limit(2, Duration::from_secs(60)));
    assert_eq!((lab.status(GetMe), lab.status(GetMe)), (200, 200));
    lab.wait(20);
    let error = lab.call(ListClusters::new()).unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
    lab.is("bob");
    assert_eq!(lab.status(GetMe), 200, "each user has their own");
    lab.is("ada");
    lab.wait(40);
    assert_eq!(lab.status(GetMe), 200);
}

#[test]
fn nothing_shows_a_token() {
    let config = config();
    let shown = format!("{config:?} {:?}", Engine::new(config.clone()));
    assert!(!shown.contains("tp-ada") && !shown.contains("tp-bob"), "{shown}");
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let world = |seed| {
        let mut lab = Lab::with(config().seed(seed));
        lab.running("8xH200", "a");
        String::from_utf8(lab.answer(&ListClusters::new()).body().to_vec()).unwrap()
    };
    assert_eq!(world(1), world(1));
    assert_ne!(world(1), world(2));
}

#[test]
fn time_does_not_go_back() {
    let mut lab = Lab::new();
    lab.running("1xH100", "a");
    let request = lab.context.request(&GetMe).unwrap();
    lab.engine.handle(tensorpool_core::Time::ZERO, &request);
    assert_eq!(lab.engine.now(), tensorpool_core::Time::secs(90));
}
