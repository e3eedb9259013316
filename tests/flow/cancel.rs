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
fn a_job_that_has_ended_cannot_be_canceled() {
    assert_transcript!("cancel_refused", cancel(), [answers(409, r#"{"message":"Job j-7 is completed"}"#)]);
}
