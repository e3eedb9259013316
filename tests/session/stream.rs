//! A stream of ten thousand lines, cut at every frame: the same lines in order, or a marked gap.

use std::time::Duration;

use tensorpool_core::flow::{Input, RetryBudget};
use tensorpool_core::http::Response;
use tensorpool_core::session::{
    Listen, ListenEvent, ListenOptions, Received, Session as _, SessionAction, SessionInput,
};
use tensorpool_core::{Bytes, Time, TransportError};

use crate::transcript::context;

const LINES: usize = 10_000;

/// What a far end sends on a connection that follows one which got as far as `sent`.
#[derive(Clone, Copy)]
enum Replays {
    /// Everything.
    All,
    /// The last so many lines.
    Tail(usize),
    /// Nothing; what was said meanwhile is lost.
    Nothing { lost: usize },
    /// Nothing, and nothing was lost either.
    Continues,
}

struct Outcome {
    /// Every line shown, with `None` for a marked gap.
    shown: Vec<Option<usize>>,
    cuts: usize,
    resumed: usize,
}

impl Outcome {
    fn gaps(&self) -> usize {
        self.shown.iter().filter(|line| line.is_none()).count()
    }

    /// Adds lines shown without a mark between them, and so each the next of the one before. A numbered one says where they
    /// are; without, they are the next that look like it.
    fn place(&mut self, lines: &[String], repetitive: bool) {
        let expected = self.shown.iter().rev().find_map(|line| *line).map_or(0, |last| last + 1);
        let fits = |start: &usize| (*start..).zip(lines).all(|(at, line)| text(at, repetitive) == *line);
        let number =
            |line: &String| line.strip_prefix("line ").map(|number| number.parse::<usize>().unwrap());
        let numbered = lines.iter().enumerate().find_map(|(at, line)| Some(number(line)? - at));
        let start = match numbered {
            Some(start) => Some(start).filter(fits),
            None => (expected..LINES).chain(0..expected).find(fits),
        };
        let start = start.unwrap_or_else(|| panic!("not one after the other, unmarked: {lines:?}"));
        self.shown.extend((start..).take(lines.len()).map(Some));
    }

    /// In order and whole between the marks, and complete but for what the marks stand for.
    fn check(&self) {
        let mut gap = false;
        let mut last = None;
        for line in &self.shown {
            let Some(line) = *line else {
                gap = true;
                continue;
            };
            let expected = last.map_or(0, |last: usize| last + 1);
            assert!(gap || line == expected, "line {line} in place of {expected}, unmarked");
            gap = false;
            last = Some(line);
        }
        assert!(gap || last == Some(LINES - 1), "the end is missing, unmarked");
    }
}

/// Which lines are the same as others: a real log has banners, blanks and ticks.
fn text(line: usize, repetitive: bool) -> String {
    match line % 10 {
        3 if repetitive => "tick".to_owned(),
        4 if repetitive => String::from(" "),
        7 if repetitive => format!("epoch {}", line % 100),
        _ => format!("line {line}"),
    }
}

/// Listens to the whole stream. The connection is cut after the frames that `cut_after` names: counted over all lines for
/// the first argument, on this connection for the second.
fn listen(replays: Replays, repetitive: bool, mut cut_after: impl FnMut(usize, usize) -> bool) -> Outcome {
    let mut options = ListenOptions::default();
    options.failures = u32::MAX;
    let mut session = Listen::new(&context(), "j-7", options, RetryBudget::new(), 7).unwrap();
    let frames: Vec<Bytes> =
        (0..LINES).map(|line| format!(r#"{{"message":"{}"}}"#, text(line, repetitive)).into()).collect();
    let mut now = Time::ZERO;
    let mut out = Outcome { shown: Vec::new(), cuts: 0, resumed: 0 };
    // Lines said so far on any connection; the next on this one; frames on this one.
    let (mut sent, mut next, mut frame) = (0_usize, 0_usize, 0_usize);
    let mut shown = Vec::new();
    loop {
        let received = match session.poll(now) {
            SessionAction::Open(_) => {
                frame = 0;
                next = match replays {
                    Replays::All => 0,
                    Replays::Tail(lines) => sent.saturating_sub(lines),
                    Replays::Nothing { lost } if out.cuts > 0 => (sent + lost).min(LINES),
                    Replays::Nothing { .. } | Replays::Continues => sent,
                };
                session.handle(now, SessionInput::Opened);
                continue;
            }
            SessionAction::Recv { .. } => {
                if frame > 0 && cut_after(sent, frame) {
                    out.cuts += 1;
                    session.handle(
                        now,
                        SessionInput::Received(Received::Lost(TransportError::interrupted("cut"))),
                    );
                    continue;
                }
                frame += 1;
                match frames.get(next) {
                    Some(text) => {
                        next += 1;
                        sent = sent.max(next);
                        Received::Text(text.clone())
                    }
                    None => Received::Text(r#"{"status":"success"}"#.into()),
                }
            }
            SessionAction::WaitUntil(until) => {
                now = until;
                continue;
            }
            SessionAction::Ask(_) => {
                let body = r#"{"job_info":{"status":"completed","exit_code":0}}"#;
                session.handle(now, SessionInput::Answered(Input::Response(Response::new(body.into()))));
                continue;
            }
            SessionAction::Event(ListenEvent::Line(line)) => {
                shown.push(line);
                continue;
            }
            SessionAction::Event(ListenEvent::Gap { .. }) => {
                out.place(&std::mem::take(&mut shown), repetitive);
                out.shown.push(None);
                continue;
            }
            SessionAction::Event(ListenEvent::Resumed { .. }) => {
                out.resumed += 1;
                continue;
            }
            SessionAction::Finished => break,
            _ => continue,
        };
        now = now + Duration::from_millis(1);
        session.handle(now, SessionInput::Received(received));
    }
    session.finish().unwrap();
    out.place(&shown, repetitive);
    out
}

/// Cuts once at each frame from the first: a connection brings one new line, and is cut.
fn each_new_line() -> impl FnMut(usize, usize) -> bool {
    let mut cut_at = 0;
    move |sent, _| {
        let cut = sent > cut_at;
        cut_at = cut_at.max(sent);
        cut
    }
}

#[test]
fn cut_at_every_frame_with_the_last_lines_repeated_no_line_is_lost_or_doubled() {
    for repetitive in [false, true] {
        let out = listen(Replays::Tail(50), repetitive, each_new_line());
        assert_eq!(out.cuts, LINES, "every cut fired");
        out.check();
        // Until 32 different lines were shown, nothing tells a replay of them from a second round like it; in the
        // repetitive log, three lines in ten are no such lines.
        let short = if repetitive { 32 * 10 / 7 } else { 32 };
        assert!(out.gaps() <= short, "{} gaps", out.gaps());
        assert_eq!(out.gaps() + out.resumed, LINES, "each return is told of");
    }
}

#[test]
fn cut_at_many_frames_with_everything_repeated_no_line_is_lost_or_doubled() {
    for repetitive in [false, true] {
        for start in 0..2 {
            // Every 97th line or so; each time the whole log comes again.
            let mut at = start;
            let out = listen(Replays::All, repetitive, |sent, _| {
                let cut = sent > at;
                at += if cut { 397 } else { 0 };
                cut
            });
            assert!(out.cuts >= LINES / 400, "{} cuts", out.cuts);
            out.check();
            assert!(out.gaps() <= 2, "{} gaps", out.gaps());
        }
    }
}

#[test]
fn cut_within_the_replay_too_nothing_is_lost_unmarked() {
    // Each connection is cut after so many frames, replayed or new, and gets a little further than the last.
    for repetitive in [false, true] {
        let mut length = 0;
        let out = listen(Replays::Tail(40), repetitive, |_, frame| {
            let cut = frame > length % 60;
            length += usize::from(cut);
            cut
        });
        assert!(out.cuts > 1_000, "{} cuts", out.cuts);
        out.check();
    }
}

#[test]
fn cut_at_every_frame_with_nothing_repeated_every_return_is_a_marked_gap() {
    for repetitive in [false, true] {
        let out = listen(Replays::Nothing { lost: 3 }, repetitive, each_new_line());
        assert!(out.cuts >= LINES / 4, "{} cuts", out.cuts);
        out.check();
        assert_eq!(out.gaps(), out.cuts, "each return may have lost something");
    }
}

#[test]
fn cut_at_every_frame_by_a_server_that_goes_on_where_it_was_every_line_is_there() {
    for repetitive in [false, true] {
        let out = listen(Replays::Continues, repetitive, each_new_line());
        assert_eq!(out.cuts, LINES, "every cut fired");
        out.check();
        let lines: Vec<_> = out.shown.iter().flatten().copied().collect();
        assert_eq!(lines, (0..LINES).collect::<Vec<_>>(), "all of them, beside the marks");
    }
}

/// Listens to connections that say these lines and are cut, the last one to the end. The lines shown, and how many returns
/// were marked as gaps and how many were not.
fn hear(connections: &[&[String]]) -> (Vec<String>, usize, usize) {
    let mut options = ListenOptions::default();
    options.failures = u32::MAX;
    let mut session = Listen::new(&context(), "j-7", options, RetryBudget::new(), 7).unwrap();
    let (mut shown, mut gaps, mut resumed) = (Vec::new(), 0, 0);
    let (mut connections, mut now) = (connections.iter(), Time::ZERO);
    let mut lines: &[String] = &[];
    loop {
        match session.poll(now) {
            SessionAction::Open(_) => {
                lines = connections.next().unwrap();
                session.handle(now, SessionInput::Opened);
            }
            SessionAction::Recv { .. } => {
                let received = match lines.split_first() {
                    Some((line, rest)) => {
                        lines = rest;
                        Received::Text(format!(r#"{{"message":"{line}"}}"#).into())
                    }
                    None if connections.len() > 0 => Received::Lost(TransportError::interrupted("cut")),
                    None => Received::Text(r#"{"status":"success"}"#.into()),
                };
                session.handle(now, SessionInput::Received(received));
            }
            SessionAction::WaitUntil(until) => now = until,
            SessionAction::Ask(_) => {
                let body = r#"{"job_info":{"status":"completed","exit_code":0}}"#;
                session.handle(now, SessionInput::Answered(Input::Response(Response::new(body.into()))));
            }
            SessionAction::Event(ListenEvent::Line(line)) => shown.push(line),
            SessionAction::Event(ListenEvent::Gap { .. }) => gaps += 1,
            SessionAction::Event(ListenEvent::Resumed { .. }) => resumed += 1,
            SessionAction::Finished => break,
            _ => {}
        }
    }
    session.finish().unwrap();
    (shown, gaps, resumed)
}

/// A log that says the same in every round, of so many lines.
fn rounds(round: &[&str]) -> Vec<String> {
    round.iter().cycle().take(4 * round.len().max(8)).map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_job_that_says_the_same_again_to_a_server_that_repeats_nothing_loses_no_line_unmarked() {
    let numbered: Vec<_> = (0..31).map(|n| format!("step {n}")).collect();
    let numbered: Vec<_> = numbered.iter().map(String::as_str).collect();
    let logs = [
        rounds(&["tick", "tock"]),
        rounds(&["a", "b", "c"]),
        rounds(&["train", "eval", " ", "saved"]),
        rounds(&["train", "tick", "tick", "eval", "tick", " ", "saved"]),
        rounds(&numbered[..17]),
        rounds(&numbered),
    ];
    for log in &logs {
        let each: Vec<_> = log.chunks(1).collect();
        let (shown, gaps, resumed) = hear(&each);
        assert_eq!((&shown, gaps, resumed), (log, log.len() - 1, 0), "cut at every frame");
        for cut in 1..log.len() {
            let (before, after) = log.split_at(cut);
            // What is said while nobody listens is lost; what is said on a connection is not.
            for lost in [0, 1, 2, 3, 17].into_iter().filter(|lost| *lost < after.len()) {
                let after = &after[lost..];
                assert_eq!(hear(&[before, after]), ([before, after].concat(), 1, 0), "{cut} {lost}");
                let (middle, end) = after.split_at(after.len() / 2);
                let (shown, gaps, resumed) = hear(&[before, middle, end]);
                assert_eq!(shown, [before, after].concat(), "{cut} {lost}");
                assert!(resumed == 0 && gaps >= 1, "{cut} {lost}");
            }
        }
    }
}

#[test]
fn the_one_case_left_is_a_long_round_said_again_word_for_word() {
    let round: Vec<_> = (0..32).map(|n| format!("step {n}")).collect();
    let (shown, gaps, resumed) = hear(&[&round, &round]);
    assert_eq!((shown, gaps, resumed), (round, 0, 1), "nothing tells it from a replay");
}
