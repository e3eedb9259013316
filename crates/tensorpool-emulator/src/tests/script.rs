//! Scripted faults: when they fire, and what they do to an answer.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use tensorpool_core::api::cluster::{CreateCluster, GetCluster, ListClusters};
use tensorpool_core::api::object_storage::EnableObjectStorage;
use tensorpool_core::api::request::GetRequest;
use tensorpool_core::api::user::GetMe;
use tensorpool_core::model::{ClusterStatus, RequestStatus};
use tensorpool_core::{Endpoint, Error, Time};

use super::{config, context};
use crate::{Delivery, Emulator, Fault, Rule};

fn call<E: Endpoint>(emulator: &Emulator, endpoint: &E) -> (Delivery, Result<E::Response, Error>) {
    let request = context("tp-ada").request(endpoint).unwrap();
    let answer = emulator.answer(Time::ZERO, &request);
    (answer.delivery, endpoint.accept(&answer.response))
}

#[test]
fn a_rule_fires_on_what_it_names_after_so_many_so_often() {
    let emulator = Emulator::new(config());
    let script = emulator.script();
    let busy = script.add(Rule::on("user.me", Fault::status(503)).skip(1).times(2));
    let never = script.add(Rule::on("job.init", Fault::status(500)).label("never"));
    let statuses: Vec<_> = (0..5).map(|_| call(&emulator, &GetMe).1.is_ok()).collect();
    assert_eq!(statuses, [true, false, false, true, true]);
    assert!(call(&emulator, &ListClusters::new()).1.is_ok());
    assert_eq!((busy.fired(), script.fired(busy.id()), never.fired()), (2, 2, 0));
    assert_eq!(script.unfired(), ["never"]);
    script.clear();
    let always = script.add(Rule::any(Fault::status_retry_after(429, "7")).always());
    for _ in 0..3 {
        assert_eq!(call(&emulator, &GetMe).1.unwrap_err().retry_after(), Some(Duration::from_secs(7)));
    }
    assert_eq!(always.fired(), 3);
}

#[test]
fn a_rule_can_look_at_the_request() {
    let emulator = Emulator::new(config());
    let rule =
        Rule::on("cluster.info", Fault::status(500)).when(|request| request.uri().path().ends_with("/b"));
    let rule = emulator.script().add(rule);
    for (name, fired) in [("a", 0), ("b", 1)] {
        let _ = call(&emulator, &GetCluster::new(name));
        assert_eq!(rule.fired(), fired);
    }
}

#[test]
fn whether_the_engine_saw_the_request_is_as_the_fault_says() {
    for (fault, delivery, clusters) in [
        (Fault::status(503), Delivery::Whole, 0),
        (Fault::Html, Delivery::Whole, 0),
        (Fault::NotSent, Delivery::NotSent, 0),
        (Fault::CutBefore, Delivery::Cut, 0),
        (Fault::CutAfter, Delivery::Cut, 1),
        (Fault::Stall, Delivery::Never, 0),
        (Fault::StallAfter, Delivery::Never, 1),
        (Fault::Delay(Duration::from_secs(3)), Delivery::After(Duration::from_secs(3)), 1),
        (Fault::ResetAfter(7), Delivery::Reset(7), 1),
        (Fault::Duplicate, Delivery::Whole, 2),
        (Fault::BadJson, Delivery::Whole, 1),
    ] {
        let emulator = Emulator::new(config());
        let rule = emulator.script().add(Rule::on("cluster.create", fault.clone()));
        let (got, _) = call(&emulator, &CreateCluster::new("1xH100"));
        let created = emulator.with_engine(|engine| engine.clusters_created());
        assert_eq!((got, created, rule.fired()), (delivery, clusters, 1), "{fault:?}");
    }
}

#[test]
fn broken_bodies_are_decode_errors() {
    for fault in [Fault::BadJson, Fault::BadUtf8, Fault::Html, Fault::body(200, "[]")] {
        let emulator = Emulator::new(config());
        emulator.script().add(Rule::any(fault.clone()));
        let error = call(&emulator, &GetMe).1.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{fault:?}: {error}");
    }
}

#[test]
fn tomorrows_answers_are_still_read() {
    let emulator = Emulator::new(config());
    let (_, created) = call(&emulator, &CreateCluster::new("8xH200").name("a"));
    let request = created.unwrap().request_id.unwrap();
    let script = emulator.script();
    script.add(Rule::any(Fault::UnknownEnums).times(2));
    let (_, info) = call(&emulator, &GetRequest::new(request));
    assert!(matches!(info.unwrap().status, RequestStatus::Unknown(_)));
    let (_, answer) = call(&emulator, &GetCluster::new("a"));
    let cluster = answer.unwrap().cluster_info;
    assert!(matches!(cluster.status, Some(ClusterStatus::Unknown(_))));
    assert_eq!(cluster.name.as_deref(), Some("a"), "only statuses are unknown");
    script.add(Rule::any(Fault::UnknownFields));
    let (_, answer) = call(&emulator, &GetCluster::new("a"));
    let cluster = answer.unwrap().cluster_info;
    assert!(cluster.extra.contains_key("x_tomorrow"));
    assert!(cluster.instances.unwrap()[0].extra.contains_key("x_flag"));
}

#[test]
fn an_answer_can_be_changed_at_will() {
    let emulator = Emulator::new(config());
    emulator.script().add(Rule::any(Fault::change(|response| {
        Response::builder().status(response.status()).body(Bytes::from_static(b"{\"email\":\"x\"}")).unwrap()
    })));
    assert_eq!(call(&emulator, &GetMe).1.unwrap().email.as_deref(), Some("x"));
}

#[test]
fn nothing_shows_what_an_answer_holds() {
    let emulator = Emulator::new(config());
    let request = context("tp-ada").request(&EnableObjectStorage).unwrap();
    let answer = emulator.answer(Time::ZERO, &request);
    let keys = EnableObjectStorage.accept(&answer.response).unwrap().credentials().unwrap();
    let shown = format!("{answer:?} {emulator:?} {:?}", Fault::Answer(answer.response.clone()));
    assert!(!shown.contains(keys.secret_access_key.expose()) && !shown.contains("tp-ada"), "{shown}");
}
