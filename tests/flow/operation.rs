//! Operations: submitted, followed to their end, and never given up for one bad answer.

use std::time::Duration;

use tensorpool_core::api::cluster::{CreateCluster, DestroyCluster};
use tensorpool_core::api::storage::AttachStorage;
use tensorpool_core::flow::{Operation, OperationHandle, RetryPolicy, Submitted, Wait, WaitAll};
use tensorpool_core::{Endpoint, RequestId};

use crate::transcript::{
    Far, answers, assert_transcript, call, context, fails, interrupts, not_sent, stalls,
};

const CREATED: &str = r#"{"cluster_id":"c-7","request_id":"r-7","message":"ordered"}"#;

fn operation<E: Endpoint>(endpoint: E, wait: Wait) -> Operation<E>
where
    E::Response: Submitted,
{
    Operation::new(&context(), call(endpoint, RetryPolicy::default()), wait, 7)
}

fn create(wait: Wait) -> Operation<CreateCluster> {
    operation(CreateCluster::new("1xH100"), wait)
}

fn request(id: &str, status: &str, words: &str) -> Far {
    let body = format!(
        r#"{{"request_id":"{id}","request_type":"CLUSTER_CLAIM","status":"{status}","external_message":"{words}"}}"#
    );
    answers(200, &body).after_ms(100)
}

#[test]
fn the_server_says_when_to_ask_again() {
    assert_transcript!(
        "operation_retry_after",
        create(Wait::default()),
        [
            answers(202, CREATED).after_ms(400),
            request("r-7", "PENDING", "Looking for machines").header("retry-after", "7"),
            request("r-7", "PROCESSING", "Provisioning GPU nodes").header("retry-after", "10"),
            request("r-7", "COMPLETED", "Cluster is ready"),
        ]
    );
}

#[test]
fn what_the_server_asks_for_has_a_floor_and_a_cap() {
    assert_transcript!(
        "operation_retry_after_bounds",
        create(Wait::default()),
        [
            answers(202, CREATED),
            request("r-7", "PENDING", "").header("retry-after", "0"),
            request("r-7", "PENDING", "").header("retry-after", "86400"),
            request("r-7", "PENDING", "")
                .header("date", "Sun, 08 Mar 2026 12:00:00 GMT")
                .header("retry-after", "Sun, 08 Mar 2026 12:00:12 GMT"),
            request("r-7", "COMPLETED", ""),
        ]
    );
}

#[test]
fn without_a_word_from_the_server_it_asks_less_and_less_often() {
    let pending = || request("r-7", "PROCESSING", "");
    assert_transcript!(
        "operation_own_pace",
        create(Wait::default()),
        [
            answers(202, CREATED),
            pending(),
            pending(),
            pending(),
            pending(),
            pending(),
            pending(),
            pending(),
            request("r-7", "completed", "any case will do")
        ]
    );
}

#[test]
fn a_failed_operation_is_an_error_with_the_servers_words() {
    assert_transcript!(
        "operation_failed",
        create(Wait::default()),
        [answers(202, CREATED), request("r-7", "FAILED", "No capacity available")]
    );
}

#[test]
fn five_failed_questions_in_a_row_are_borne() {
    assert_transcript!(
        "operation_failures_borne",
        create(Wait::default()),
        [
            answers(202, CREATED),
            not_sent(),
            interrupts(),
            stalls(),
            answers(503, r#"{"message":"maintenance"}"#).header("retry-after", "20"),
            answers(200, "<html>sign in</html>"),
            request("r-7", "RETRYING", "Trying another region").header("retry-after", "2"),
            fails(),
            request("r-7", "COMPLETED", "Cluster is ready"),
        ]
    );
}

#[test]
fn the_sixth_loses_it_but_not_its_handle() {
    assert_transcript!(
        "operation_lost",
        create(Wait::default()),
        [answers(202, CREATED), not_sent(), not_sent(), not_sent(), not_sent(), not_sent(), answers(502, "")]
    );
}

#[test]
fn a_refused_token_loses_it_at_once() {
    assert_transcript!(
        "operation_refused",
        create(Wait::default()),
        [answers(202, CREATED), answers(401, r#"{"error":"Invalid or missing authentication token"}"#)]
    );
}

#[test]
fn a_status_from_tomorrow_is_shown_and_never_taken_for_an_end() {
    assert_transcript!(
        "operation_unknown_status",
        create(Wait::default()),
        [
            answers(202, CREATED),
            request("r-7", "QUEUED_FOR_REVIEW", "A human looks at it").header("retry-after", "5"),
            request("r-7", "COMPLETED", ""),
        ]
    );
}

#[test]
fn a_deadline_ends_the_wait_not_the_operation() {
    assert_transcript!(
        "operation_deadline",
        create(Wait::up_to(Duration::from_secs(15))),
        [
            answers(202, CREATED),
            request("r-7", "PROCESSING", "Provisioning GPU nodes").header("retry-after", "10"),
            request("r-7", "PROCESSING", "Provisioning GPU nodes").header("retry-after", "10"),
        ]
    );
}

#[test]
fn a_submission_that_fails_is_not_followed() {
    assert_transcript!(
        "operation_not_accepted",
        create(Wait::default()),
        [answers(402, r#"{"message":"Insufficient balance"}"#)]
    );
}

#[test]
fn with_nothing_to_follow_it_is_done_at_once() {
    assert_transcript!(
        "operation_nothing_to_follow",
        operation(DestroyCluster::new("c-7"), Wait::default()),
        [answers(202, r#"{"cluster_id":"c-7","request_id":null,"message":"destroyed"}"#)]
    );
}

#[test]
fn several_requests_are_followed_side_by_side() {
    let attached = r#"{"storage_id":"s-7","cluster_ids":["c-1","c-2"],"request_ids":["r-1","r-2"],"message":"attaching"}"#;
    assert_transcript!(
        "operation_side_by_side",
        operation(AttachStorage::new("s-7", "c-1").and_cluster("c-2"), Wait::default()),
        [
            answers(202, attached),
            request("r-1", "PROCESSING", "Restarting nodes").header("retry-after", "9"),
            request("r-2", "PENDING", "").header("retry-after", "2"),
            request("r-2", "PROCESSING", "Restarting nodes").header("retry-after", "20"),
            request("r-1", "COMPLETED", "Attached"),
            request("r-2", "COMPLETED", "Attached"),
        ]
    );
}

#[test]
fn one_that_fails_does_not_hide_the_others() {
    let handle = OperationHandle::new("storage.attach", ["r-1", "r-2"].map(RequestId::from));
    assert_transcript!(
        "operation_one_of_two_failed",
        WaitAll::resume(&context(), handle, Wait::default(), 7).unwrap(),
        [
            request("r-1", "FAILED", "Node did not come back"),
            request("r-2", "PROCESSING", "").header("retry-after", "3"),
            request("r-2", "COMPLETED", "Attached"),
        ]
    );
}

#[test]
fn an_accepted_order_is_never_lost_for_a_request_id_that_cannot_be_asked_about() {
    let create = || create(Wait::default());
    for (at, id) in ["a/b", "..", " r-7"].into_iter().enumerate() {
        let accepted = answers(202, &format!(r#"{{"cluster_id":"c-7","request_id":"{id}"}}"#));
        let shown = crate::transcript::transcript(create(), [accepted]);
        assert!(shown.contains("may have been applied") && shown.contains("resume with"), "{at}: {shown}");
    }
    assert_transcript!(
        "operation_unaskable_id",
        create(),
        [answers(202, r#"{"cluster_id":"c-7","request_id":"a/b"}"#)]
    );
}

#[test]
fn an_order_without_a_request_is_not_taken_for_done() {
    for nothing in [r#""""#, "null"] {
        let accepted = answers(202, &format!(r#"{{"cluster_id":"c-7","request_id":{nothing}}}"#));
        let shown = crate::transcript::transcript(create(Wait::default()), [accepted]);
        assert!(shown.contains("look at c-7"), "{shown}");
    }
    assert_transcript!(
        "operation_unfollowed",
        create(Wait::default()),
        [answers(202, r#"{"cluster_id":"c-7"}"#)]
    );
}

#[test]
fn attaching_may_name_its_request_as_detaching_does() {
    assert_transcript!(
        "operation_single_request",
        operation(AttachStorage::new("s-7", "c-1"), Wait::default()),
        [answers(202, r#"{"storage_id":"s-7","request_id":"r-1"}"#), request("r-1", "COMPLETED", "Attached")]
    );
}

#[test]
fn no_two_questions_are_closer_than_ten_milliseconds() {
    let mut wait = Wait::up_to(Duration::from_millis(25));
    wait.first_delay = Duration::ZERO;
    wait.max_delay = Duration::ZERO;
    wait.min_retry_after = Duration::ZERO;
    assert_transcript!(
        "operation_hurried",
        create(wait),
        [
            answers(202, CREATED),
            answers(200, r#"{"request_id":"r-7","status":"PENDING"}"#).header("retry-after", "0"),
            answers(200, r#"{"request_id":"r-7","status":"PENDING"}"#),
            answers(503, "busy"),
        ]
    );
}
