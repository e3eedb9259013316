//! One call: what is sent again, when, and what the caller is told.

use std::time::Duration;

use tensorpool_core::api::cluster::{CreateCluster, DestroyCluster, EditCluster, ListClusters};
use tensorpool_core::api::job::CancelJob;
use tensorpool_core::api::object_storage::DeleteBucket;
use tensorpool_core::api::user::GetMe;
use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::{Time, TransportError};

use crate::transcript::{
    answers, assert_transcript, call, context, fails, interrupts, not_sent, stalls, transcript,
};

const ME: &str = r#"{"uid":"u-7","email":"ada@example.com"}"#;
const CREATED: &str = r#"{"cluster_id":"c-7","request_id":"r-7","message":"ordered"}"#;
const BUSY: &str = r#"{"message":"try again later"}"#;

fn policy() -> RetryPolicy {
    RetryPolicy::default()
}

#[test]
fn the_first_answer_is_taken() {
    assert_transcript!("call_first_answer", call(GetMe, policy()), [answers(200, ME).after_ms(120)]);
}

#[test]
fn reading_is_tried_again_whatever_broke() {
    assert_transcript!(
        "call_read_again",
        call(GetMe, policy()),
        [not_sent(), interrupts().after_ms(50), answers(503, BUSY).after_ms(80), answers(200, ME)]
    );
}

#[test]
fn attempts_run_out() {
    assert_transcript!(
        "call_attempts_run_out",
        call(ListClusters::new(), policy()),
        [answers(503, BUSY), answers(502, "<html>bad gateway</html>"), answers(504, ""), answers(503, BUSY)]
    );
}

#[test]
fn an_order_that_was_not_received_is_sent_again() {
    assert_transcript!(
        "call_order_not_received",
        call(CreateCluster::new("1xH100"), policy()),
        [not_sent(), answers(429, BUSY).header("retry-after", "7"), answers(202, CREATED)]
    );
}

#[test]
fn an_order_that_may_have_been_received_is_not() {
    let order = || call(CreateCluster::new("1xH100"), policy());
    assert_transcript!("call_order_interrupted", order(), [interrupts().after_ms(900)]);
    assert_transcript!("call_order_timed_out", order(), [stalls()]);
    assert_transcript!("call_order_unavailable", order(), [answers(503, BUSY)]);
    assert_transcript!("call_order_crashed", order(), [answers(500, "")]);
    assert_transcript!("call_order_unnameable", order(), [fails()]);
    assert_transcript!("call_order_unreadable", order(), [answers(202, r#"{"message":"ordered"}"#)]);
}

#[test]
fn an_order_that_was_refused_certainly_was_not_applied() {
    for status in [400, 401, 402, 403, 404, 409, 422] {
        let error = transcript(call(CreateCluster::new("1xH100"), policy()), [answers(status, BUSY)]);
        assert!(!error.contains("applied"), "{error}");
    }
}

#[test]
fn what_does_no_harm_twice_is_sent_twice_and_says_so() {
    assert_transcript!(
        "call_destroyed_before",
        call(DestroyCluster::new("c-7"), policy()),
        [answers(504, ""), answers(404, r#"{"message":"no cluster c-7"}"#)]
    );
    assert_transcript!(
        "call_cancel_again",
        call(CancelJob::new("j-7"), policy()),
        [interrupts(), answers(200, r#"{"job_id":"j-7","status":"canceled"}"#)]
    );
    assert_transcript!(
        "call_edit_lost_twice",
        call(EditCluster::new("c-7").name("x"), policy().attempts(2)),
        [stalls(), not_sent()]
    );
}

#[test]
fn a_retry_after_beyond_the_deadline_ends_the_call_at_once() {
    assert_transcript!(
        "call_retry_after_too_long",
        call(GetMe, policy().deadline(Duration::from_secs(30))),
        [answers(429, BUSY).header("retry-after", "31")]
    );
}

#[test]
fn nothing_sleeps_past_the_deadline() {
    assert_transcript!(
        "call_deadline",
        call(GetMe, policy().attempts(10).deadline(Duration::from_secs(20))),
        [stalls(), stalls()]
    );
}

#[test]
fn a_refused_token_and_a_redirect_are_not_tried_again() {
    let unauthorized = r#"{"error":"Invalid or missing authentication token"}"#;
    assert_transcript!("call_unauthorized", call(GetMe, policy()), [answers(401, unauthorized)]);
    assert_transcript!(
        "call_redirected",
        call(GetMe, policy()),
        [answers(302, "").header("location", "https://login.example.com/?next=secret-path")]
    );
}

#[test]
fn an_empty_answer_is_proper_where_the_contract_says_so() {
    assert_transcript!("call_empty", call(DeleteBucket::new("data"), policy()), [answers(204, "")]);
    assert_transcript!("call_empty_unexpected", call(GetMe, policy()), [answers(204, "")]);
}

#[test]
fn a_driver_without_timers_may_just_poll() {
    let mut flow = call(GetMe, policy().attempts(1));
    assert!(matches!(flow.poll(Time::ZERO), Action::Send(_)));
    assert!(matches!(flow.poll(Time::secs(3)), Action::WaitUntil(until) if until == Time::secs(15)));
    assert!(matches!(flow.poll(Time::secs(15)), Action::Finished));
    flow.handle(Time::secs(16), Input::Failed(TransportError::other("too late")));
    assert!(flow.finish().unwrap_err().is_timeout());
}

#[test]
fn a_call_that_is_ended_early_says_what_may_have_happened() {
    let mut order = call(CreateCluster::new("1xH100"), policy());
    assert!(!call(CreateCluster::new("1xH100"), policy()).finish().unwrap_err().may_have_been_applied());
    assert!(matches!(order.poll(Time::ZERO), Action::Send(_)));
    let error = order.finish().unwrap_err();
    assert!(error.may_have_been_applied(), "{error}");
    assert!(error.to_string().contains("look before sending it again"), "{error}");
}

#[test]
fn an_empty_budget_stops_retries_for_all() {
    let budget = RetryBudget::new();
    let mut sent = 0;
    for seed in 0..200 {
        let mut flow = Call::new(&context(), GetMe, policy(), budget.clone(), seed).unwrap();
        let mut now = Time::ZERO;
        loop {
            match flow.poll(now) {
                Action::Send(_) => {
                    sent += 1;
                    flow.handle(now, Input::Failed(TransportError::not_sent("refused")));
                }
                Action::WaitUntil(until) => now = until,
                _ => break,
            }
        }
        flow.finish().unwrap_err();
    }
    assert_eq!(sent, 300, "200 calls and the 100 retries of a full budget");
}

#[test]
fn the_raw_answer_can_be_had_whatever_its_status() {
    let mut flow = call(GetMe, RetryPolicy::none());
    assert!(matches!(flow.poll(Time::ZERO), Action::Send(_)));
    let answer = tensorpool_core::http::Response::builder().status(418).body("teapot".into()).unwrap();
    flow.handle(Time::ZERO, Input::Response(answer));
    let raw = flow.finish_raw().unwrap();
    assert_eq!((raw.status().as_u16(), &raw.body()[..]), (418, &b"teapot"[..]));
}

#[test]
fn a_server_that_repeats_the_token_is_quoted_without_it() {
    for (status, body) in [
        (401, r#"{"error":"unknown key tp-token, got tp-token"}"#),
        (500, "<html>Authorization: tp-token</html>"),
        (200, r#"{"email":["tp-token"]}"#),
    ] {
        let mut flow = call(GetMe, RetryPolicy::none());
        assert!(matches!(flow.poll(Time::ZERO), Action::Send(_)));
        let answer = tensorpool_core::http::Response::builder().status(status).body(body.into()).unwrap();
        flow.handle(Time::ZERO, Input::Response(answer));
        let error = flow.finish().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("tp-token"), "{error:?}");
        assert!(error.to_string().contains("<token>"), "{error}");
    }
}

#[test]
fn an_order_is_not_sent_again_with_too_little_time_left() {
    // Cut short, it would turn a clear refusal into "may have been applied".
    assert_transcript!(
        "call_order_too_late",
        call(CreateCluster::new("1xH100"), policy()),
        [answers(429, BUSY).header("retry-after", "115")]
    );
    assert_transcript!(
        "call_read_at_the_last_moment",
        call(GetMe, policy()),
        [answers(429, BUSY).header("retry-after", "115"), answers(200, ME)]
    );
}

#[test]
fn without_a_deadline_an_hour_is_too_long_to_be_put_off() {
    let mut endless = policy();
    endless.deadline = None;
    assert_transcript!(
        "call_put_off_for_ever",
        call(GetMe, endless),
        [answers(503, BUSY).header("retry-after", "99999999999")]
    );
}
