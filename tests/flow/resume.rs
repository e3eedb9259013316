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

    let mut wait = WaitAll::resume(&context(), loaded, Wait::default(), 7).unwrap();
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
    assert!(WaitAll::resume(&context(), handle, Wait::default(), 7).unwrap_err().is_invalid());
}

#[test]
fn a_question_whose_answer_was_dropped_is_asked_again() {
    let handle = OperationHandle::new("cluster.create", [RequestId::from("r-7")]);
    let mut wait = WaitAll::resume(&context(), handle, Wait::default(), 7).unwrap();
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
    assert!(matches!(wait.poll(Time::ZERO), Action::WaitUntil(_)), "an answer may still come");
    wait.forget_unanswered();
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
}

#[test]
fn an_empty_handle_is_no_success() {
    let wait =
        WaitAll::resume(&context(), OperationHandle::new("cluster.create", []), Wait::default(), 7).unwrap();
    let error = wait.finish().unwrap_err();
    assert!(error.may_have_been_applied(), "{error}");
    assert!(error.to_string().contains("names no request"), "{error}");
}

#[test]
fn another_wait_sets_another_pace() {
    let handle = OperationHandle::new("cluster.create", [RequestId::from("r-7")]);
    let mut wait = WaitAll::resume(&context(), handle, Wait::default(), 7).unwrap();
    let mut quick = Wait::default();
    quick.first_delay = std::time::Duration::from_millis(100);
    wait.set_wait(quick);
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
    let pending = r#"{"request_id":"r-7","status":"PENDING"}"#;
    wait.handle(Time::ZERO, Input::Response(Response::new(pending.into())));
    assert!(matches!(wait.poll(Time::ZERO), Action::Progress(_)));
    assert!(matches!(wait.poll(Time::ZERO), Action::WaitUntil(until) if until <= Time::millis(100)));
}

#[test]
fn the_last_failure_to_ask_is_kept() {
    let handle = OperationHandle::new("cluster.create", [RequestId::from("r-7")]);
    let wait = Wait::up_to(std::time::Duration::from_secs(1));
    let mut wait = WaitAll::resume(&context(), handle, wait, 7).unwrap();
    assert!(matches!(wait.poll(Time::ZERO), Action::Send(_)));
    let busy = Response::builder().status(503).header("retry-after", "9").body("busy".into()).unwrap();
    wait.handle(Time::ZERO, Input::Response(busy));
    assert!(matches!(wait.poll(Time::ZERO), Action::Progress(_)));
    assert!(matches!(wait.poll(Time::secs(2)), Action::Finished));
    let error = wait.finish().unwrap_err();
    assert!(error.is_timeout() && error.status().unwrap().as_u16() == 503, "{error}");
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(9)));
}
