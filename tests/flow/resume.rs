//! Handles: an operation is found again after a restart.

use tensorpool_core::api::cluster::{ClusterCreated, CreateCluster};
use tensorpool_core::flow::{Action, Flow, Input, OperationHandle, Wait, WaitAll};
use tensorpool_core::http::Response;
use tensorpool_core::{Endpoint, RequestId, Time};

use crate::transcript::context;

#[test]
fn a_handle_survives_a_restart() {
    let mut created = ClusterCreated::new("c-7");
    created.request_id = Some("r-7".into());
    let handle = OperationHandle::of(CreateCluster::META.name, &created);

    let saved = serde_json::to_string(&handle).unwrap();
    assert_eq!(saved, r#"{"endpoint":"cluster.create","requests":["r-7"],"object":"c-7"}"#);
    let loaded: OperationHandle = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded, handle);

    let mut wait = WaitAll::new(&context(), loaded, Wait::default(), 7).unwrap();
    let Action::Send(out) = wait.poll(Time::secs(1_000_000)) else { panic!("it asks at once") };
    assert_eq!(out.request.uri().path(), "/request/info/r-7");
    wait.handle(
        Time::secs(1_000_001),
        Input::Response(Response::new(r#"{"request_id":"r-7","status":"COMPLETED"}"#.into())),
    );
    assert!(matches!(wait.poll(Time::secs(1_000_001)), Action::Progress(_)));
    assert!(matches!(wait.poll(Time::secs(1_000_001)), Action::Finished));
    assert!(wait.finish().unwrap()[0].status.is_completed());
}

#[test]
fn a_handle_that_was_tampered_with_cannot_ask_elsewhere() {
    let handle = OperationHandle::new("cluster.create", [RequestId::from("../../cluster/c-7")]);
    assert!(WaitAll::new(&context(), handle, Wait::default(), 7).unwrap_err().is_invalid());
}

#[test]
fn a_question_whose_answer_was_dropped_is_asked_again() {
    let handle = OperationHandle::new("cluster.create", [RequestId::from("r-7")]);
    let mut wait = WaitAll::new(&context(), handle, Wait::default(), 7).unwrap();
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
    assert!(matches!(wait.poll(Time::ZERO), Action::WaitUntil(_)), "an answer may still come");
    wait.forget_unanswered();
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
}
