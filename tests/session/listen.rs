//! Listening to a job: every way it can end, cuts, replays and gaps.

use tensorpool_core::flow::RetryBudget;
use tensorpool_core::session::{Listen, ListenOptions, Session as _, SessionAction};
use tensorpool_core::{JobId, Time};

use crate::far::{Connection, Far, is_not_there, opens, refuses, stalls};
use crate::transcript::{Ears, assert_transcript, context};

fn listen_with(options: ListenOptions) -> Listen {
    Listen::new(&context(), JobId::from("j-7"), options, RetryBudget::new(), 7).unwrap()
}

fn listen() -> Listen {
    listen_with(ListenOptions::default())
}

/// One that gives up soon.
fn impatient() -> Listen {
    let mut options = ListenOptions::default();
    (options.failures, options.rounds) = (2, 1);
    listen_with(options)
}

fn lines(connection: Connection, lines: &[&str]) -> Connection {
    lines.iter().fold(connection, |far, line| far.says(&format!(r#"{{"message":"{line}"}}"#)))
}

/// Enough lines to be known again: fewer could be a job that says the same again.
fn log(connection: Connection, count: usize) -> Connection {
    (0..count).fold(connection, |far, n| far.says(&format!(r#"{{"message":"line {n}"}}"#)))
}

const SUCCESS: &str = r#"{"status":"success"}"#;

fn job(status: &str, exit_code: &str) -> String {
    format!(r#"{{"message":"…","job_info":{{"id":"j-7","status":"{status}","exit_code":{exit_code}}}}}"#)
}

#[test]
fn a_job_is_heard_to_its_end() {
    assert_transcript!(
        "listen_success",
        listen(),
        Far::new([lines(opens(), &["a", "b"]).says(r#"{"message":"Done","status":"success"}"#)])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_job_that_failed_ends_with_its_exit_code() {
    assert_transcript!(
        "listen_error",
        listen(),
        Far::new([lines(opens(), &["a"]).says(r#"{"status":"ERROR"}"#)]).answers(200, &job("error", "3")),
        Ears
    );
}

#[test]
fn the_streams_word_does_where_the_engine_has_none() {
    assert_transcript!(
        "listen_success_engine_late",
        listen(),
        Far::new([opens().says(SUCCESS)])
            .answers(200, &job("running", "null"))
            .answers(200, &job("completed", "0")),
        Ears
    );
    let running = job("running", "null");
    assert_transcript!(
        "listen_success_engine_unaware",
        listen(),
        Far::new([opens().says(SUCCESS)])
            .answers(200, &running)
            .answers(200, &running)
            .answers(200, &running),
        Ears
    );
    assert_transcript!(
        "listen_error_engine_unreachable",
        listen(),
        (0..4).fold(Far::new([opens().says(r#"{"status":"error"}"#)]), |far, _| far.stays_away()),
        Ears
    );
}

#[test]
fn a_stream_that_closes_without_a_status_asks_how_the_job_is() {
    assert_transcript!(
        "listen_closed_1000_ended",
        listen(),
        Far::new([lines(opens(), &["a"]).closes(1000, "")]).answers(200, &job("canceled", "null")),
        Ears
    );
    assert_transcript!(
        "listen_closed_1000_running",
        listen(),
        Far::new([
            lines(opens(), &["a", "b"]).closes(1000, ""),
            lines(opens(), &["a", "b", "c"]).says(SUCCESS)
        ])
        .answers(200, &job("running", "null"))
        .answers(200, &job("completed", "0")),
        Ears
    );
    assert_transcript!(
        "listen_closed_1000_job_gone",
        listen(),
        Far::new([lines(opens(), &["a"]).closes(1000, "")]).answers(404, r#"{"message":"No such job"}"#),
        Ears
    );
}

#[test]
fn an_application_that_ends_the_connection_means_it_so_the_job_is_asked_for_and_not_the_stream_again() {
    let gone = || opens().says(r#"{"message":"Job j-7 not found"}"#).closes(4404, "Job j-7 not found");
    assert_transcript!(
        "listen_closed_4404_no_such_job",
        listen(),
        Far::new([gone()]).answers(404, r#"{"message":"Job j-7 not found"}"#),
        Ears
    );
    assert_transcript!(
        "listen_closed_4404_but_ended",
        listen(),
        Far::new([gone()]).answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn the_same_line_before_each_hanging_up_is_not_taken_for_progress() {
    let same = || lines(opens(), &["come back later"]).closes(1013, "busy");
    assert_transcript!(
        "listen_same_line_each_time",
        impatient(),
        Far::new([same(), same(), same(), same(), same(), same()])
            .answers(200, &job("running", "null"))
            .answers(200, &job("running", "null")),
        Ears
    );
}

#[test]
fn replayed_lines_are_not_shown_again() {
    assert_transcript!(
        "listen_replayed",
        listen(),
        Far::new([
            log(opens(), 32).cuts(),
            log(opens(), 33).closes(1012, "restart"),
            lines(log(opens(), 33), &["e"]).says(SUCCESS),
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_short_replay_could_be_a_second_round_and_is_shown_beside_a_mark() {
    assert_transcript!(
        "listen_replayed_short",
        listen(),
        Far::new([
            lines(opens(), &["train", "eval"]).cuts(),
            lines(opens(), &["train", "eval", "train"]).cuts(),
            lines(opens(), &["train"]).cuts(),
            lines(opens(), &["eval", "done"]).says(SUCCESS),
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn what_is_missing_is_marked() {
    assert_transcript!(
        "listen_gap",
        listen(),
        Far::new([
            lines(opens(), &["a", "b"]).cuts(),
            is_not_there(),
            lines(opens(), &["e", "f"]).says(SUCCESS)
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
    assert_transcript!(
        "listen_gap_at_the_end",
        listen(),
        Far::new([lines(opens(), &["a", "b"]).cuts(), opens().says(SUCCESS)])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn lines_that_could_be_either_are_shown_beside_a_mark_when_nothing_follows() {
    assert_transcript!(
        "listen_undecided",
        listen(),
        Far::new([
            lines(opens(), &["tick", "tock", "tick", "tock"]).cuts(),
            lines(opens(), &["tick", "tock"]).rests(8).says(SUCCESS),
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_replay_that_is_cut_is_awaited_again() {
    assert_transcript!(
        "listen_replay_cut",
        listen(),
        Far::new([log(opens(), 34).cuts(), log(opens(), 33).cuts(), log(opens(), 35).says(SUCCESS),])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_silent_stream_is_opened_again() {
    assert_transcript!(
        "listen_silent",
        listen(),
        Far::new([lines(opens(), &["a", "b"]).mute(), lines(opens(), &["a", "b", "c"]).says(SUCCESS)])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_refused_key_or_job_is_not_tried_again() {
    assert_transcript!("listen_key_401", listen(), Far::new([refuses(401, "")]), Ears);
    assert_transcript!("listen_key_4001", listen(), Far::new([opens().closes(4001, "no")]), Ears);
    assert_transcript!(
        "listen_key_error_frame",
        listen(),
        Far::new([opens().says(r#"{"error":"bad key tp-canary"}"#).cuts()]),
        Ears
    );
    assert_transcript!(
        "listen_error_frame_first",
        listen(),
        Far::new([opens().says(r#"{"error":"no logs for j-7"}"#).closes(1000, "bye")]),
        Ears
    );
    assert_transcript!(
        "listen_job_404",
        listen(),
        Far::new([refuses(404, r#"{"message":"Job j-7 not found"}"#)]),
        Ears
    );
}

#[test]
fn a_server_that_is_overloaded_is_tried_again_when_it_says() {
    assert_transcript!(
        "listen_503",
        listen(),
        Far::new([refuses(503, ""), stalls(), refuses(429, ""), opens().says(SUCCESS)])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn cut_too_often_it_asks_and_gives_up_in_the_end() {
    let cut = || opens().cuts();
    assert_transcript!(
        "listen_given_up_running",
        impatient(),
        Far::new([cut(), cut(), cut(), cut(), cut(), cut()])
            .answers(200, &job("running", "null"))
            .answers(200, &job("running", "null")),
        Ears
    );
    assert_transcript!(
        "listen_given_up_unreachable",
        impatient(),
        (0..8).fold(Far::new((0..6).map(|_| is_not_there())), |far, _| far.stays_away()),
        Ears
    );
    assert_transcript!(
        "listen_cut_often_but_ended",
        impatient(),
        Far::new([lines(opens(), &["a", "b"]).cuts(), cut(), cut()]).answers(200, &job("failed", "null")),
        Ears
    );
}

#[test]
fn a_connection_that_lasts_is_no_failure_however_little_it_says() {
    let quiet = || opens().rests(60).cuts();
    assert_transcript!(
        "listen_quiet_connections",
        impatient(),
        Far::new([quiet(), quiet(), quiet(), quiet(), opens().says(SUCCESS)])
            .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_quiet_job_behind_a_proxy_that_closes_idle_streams_is_listened_to_as_long_as_it_runs() {
    let idle = || opens().rests(60).closes(1000, "idle");
    let far = Far::new([idle(), idle(), idle(), idle(), opens().says(SUCCESS)]);
    let far = (0..4).fold(far, |far, _| far.answers(200, &job("running", "null")));
    assert_transcript!("listen_idle_closed", impatient(), far.answers(200, &job("completed", "0")), Ears);
}

#[test]
fn frames_off_the_protocol_are_shown_and_skipped() {
    assert_transcript!(
        "listen_odd_frames",
        listen(),
        Far::new([
            opens()
                .says(r#"{"message":"","status":"running","node":3}"#)
                .says(r#"{"status":"running"}"#)
                .says(r#"{"message":""}"#)
                .says(r#"{"message":"two\nlines"}"#)
                .says("nonsense")
                .says_bytes(b"{\"message\":\"\xc3\"}")
                .says_binary(&[0, 1, 2])
                .babbles("a frame of more than 1048576 bytes"),
            opens().says(SUCCESS)
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn a_line_over_the_cap_that_comes_again_ends_it() {
    let huge = |connection: Connection| connection.babbles("a frame of more than 1048576 bytes");
    assert_transcript!(
        "listen_broken_twice",
        listen(),
        Far::new([huge(lines(opens(), &["a", "b"])), huge(lines(opens(), &["a", "b"]))]),
        Ears
    );
    // The second one is another: a line that was never heard stands before it.
    assert_transcript!(
        "listen_broken_further_on",
        listen(),
        Far::new([
            huge(lines(opens(), &["a", "b"])),
            huge(lines(opens(), &["c", "b"])),
            lines(opens(), &["d"]).says(SUCCESS),
        ])
        .answers(200, &job("completed", "0")),
        Ears
    );
}

#[test]
fn an_attempt_or_a_question_that_was_dropped_is_made_again() {
    let mut listen = listen();
    assert!(matches!(listen.poll(Time::ZERO), SessionAction::Open(_)));
    listen.forget_unanswered();
    assert!(matches!(listen.poll(Time::ZERO), SessionAction::Open(_)));
    let lost = listen.finish().unwrap_err().to_string();
    assert!(lost.contains("ended by the caller"), "{lost}");
    assert!(Listen::new(&context(), "..", ListenOptions::default(), RetryBudget::new(), 0).is_err());
}
