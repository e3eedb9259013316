//! Canceling a job: asked for, then watched to its end.

use tensorpool_core::JobId;
use tensorpool_core::api::job::CancelJob;
use tensorpool_core::flow::{Cancel, RetryPolicy, Wait};

use crate::transcript::{Far, answers, assert_transcript, call, context, interrupts};

fn cancel() -> Cancel {
    let job = JobId::from("j-7");
    let call = call(CancelJob::new(&job), RetryPolicy::default());
    Cancel::new(&context(), call, &job, Wait::up_to_minutes(5), 7).unwrap()
}

fn job(status: &str) -> Far {
    answers(200, &format!(r#"{{"message":"…","job_info":{{"id":"j-7","status":"{status}"}}}}"#))
}

const ACCEPTED: &str = r#"{"job_id":"j-7","status":"canceling","message":"Job canceling"}"#;

#[test]
fn a_job_is_watched_until_it_is_canceled() {
    assert_transcript!(
        "cancel_watched",
        cancel(),
        [answers(202, ACCEPTED), job("canceling"), interrupts(), job("Canceling"), job("cancelled")]
    );
}

#[test]
fn a_job_that_ends_by_itself_first_was_not_canceled() {
    assert_transcript!(
        "cancel_completed_first",
        cancel(),
        [answers(202, ACCEPTED), job("running"), job("completed")]
    );
}

#[test]
fn a_job_that_had_ended_before_is_looked_at() {
    let refusal = r#"{"message":"Job j-7 is completed"}"#;
    assert_transcript!("cancel_ended_before", cancel(), [answers(409, refusal), job("completed")]);
}

#[test]
fn a_cancellation_whose_answer_was_lost_is_found_out() {
    let refusal = r#"{"message":"Job j-7 is canceled"}"#;
    assert_transcript!(
        "cancel_answer_lost",
        cancel(),
        [interrupts(), answers(409, refusal), job("canceled")]
    );
}

#[test]
fn a_job_that_runs_on_although_it_cannot_be_canceled_is_an_error() {
    assert_transcript!(
        "cancel_refused",
        cancel(),
        [answers(409, r#"{"message":"Job j-7 is uploading"}"#), job("running")]
    );
}

#[test]
fn a_job_that_does_not_end_in_time_is_named() {
    let call = call(CancelJob::new("j-7"), RetryPolicy::default());
    let short = Wait::up_to(std::time::Duration::from_secs(2));
    let cancel = Cancel::new(&context(), call, &JobId::from("j-7"), short, 7).unwrap();
    assert_transcript!(
        "cancel_deadline",
        cancel,
        [answers(202, ACCEPTED), job("canceling"), job("canceling")]
    );
}

#[test]
fn a_job_that_is_gone_is_lost() {
    assert_transcript!(
        "cancel_lost",
        cancel(),
        [answers(202, ACCEPTED), answers(404, r#"{"message":"no job j-7"}"#)]
    );
}
