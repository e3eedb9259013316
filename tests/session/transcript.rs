//! Runs a session against a far end in imagined time and writes down what happens.

use std::collections::VecDeque;
use std::fmt::{Debug, Write as _};
use std::time::Duration;

use tensorpool_core::session::{
    CommandRequest, CommandResult, Listen, ListenEvent, Push, PushEvent, Received, Session, SessionAction,
    SessionInput,
};
use tensorpool_core::{ApiToken, BaseUrl, Context, Error, Time};

use crate::far::Far;

pub(crate) const TOKEN: &str = "tp-canary";

pub(crate) fn context() -> Context {
    Context::new(BaseUrl::default(), ApiToken::new(TOKEN).unwrap())
}

/// What the person at this end does.
pub(crate) trait User<S: Session> {
    /// Takes an event, and says what it looks like.
    fn sees(&mut self, session: &mut S, event: S::Event, now: Time) -> String;

    /// When it does something by itself.
    fn due(&self) -> Option<Time> {
        None
    }

    fn acts(&mut self, _session: &mut S) -> String {
        unreachable!("nothing is due")
    }
}

/// What becomes of each command in turn, and how long that takes.
pub(crate) struct Hands {
    does: VecDeque<(Duration, Option<CommandResult>)>,
    running: Option<(Time, CommandRequest, CommandResult)>,
}

impl Hands {
    pub(crate) fn idle() -> Self {
        Self { does: VecDeque::new(), running: None }
    }

    /// Runs the next command for so many seconds.
    pub(crate) fn run(mut self, seconds: u64, result: CommandResult) -> Self {
        self.does.push_back((Duration::from_secs(seconds), Some(result)));
        self
    }

    /// Drops the next command.
    pub(crate) fn drop_it(mut self) -> Self {
        self.does.push_back((Duration::ZERO, None));
        self
    }
}

impl User<Push> for Hands {
    fn sees(&mut self, _: &mut Push, event: PushEvent, now: Time) -> String {
        let shown = format!("{event:?}");
        if let PushEvent::Command(request) = event {
            assert!(self.running.is_none(), "one command at a time");
            match self.does.pop_front().expect("one command too many") {
                (takes, Some(result)) => self.running = Some((now + takes, request, result)),
                (_, None) => drop(request),
            }
        }
        shown
    }

    fn due(&self) -> Option<Time> {
        self.running.as_ref().map(|(due, ..)| *due)
    }

    fn acts(&mut self, session: &mut Push) -> String {
        let (_, request, result) = self.running.take().unwrap();
        let shown = format!("{} ended: {result:?}", request.text());
        session.answer(request, &result);
        shown
    }
}

/// Only listens.
pub(crate) struct Ears;

impl User<Listen> for Ears {
    fn sees(&mut self, _: &mut Listen, event: ListenEvent, _: Time) -> String {
        match event {
            ListenEvent::Cut { error, retry_in } => match retry_in {
                Some(wait) => format!("cut, again in {wait:?}: {error}"),
                None => format!("cut, asking: {error}"),
            },
            event => format!("{event:?}"),
        }
    }
}

/// The transcript of `session` with this far end and this user. All that the far end can do must be done.
pub(crate) fn transcript<S, U>(session: S, mut far: Far, mut user: U) -> String
where
    S: Session,
    S::Output: Debug,
    U: User<S>,
{
    let mut lines = String::new();
    let result = run(session, &mut far, &mut user, &mut lines);
    assert_eq!(far.left(), 0, "of the far end's doings never happened:\n{lines}");
    match result {
        Ok(output) => writeln!(lines, "OK {output:#?}").unwrap(),
        Err(error) => {
            writeln!(lines, "ERROR {error}").unwrap();
            let Error::Session(session) = &error else { panic!("{error:?}") };
            writeln!(lines, "  {:?}, job {:?}, code {:?}", session.kind(), session.job(), session.code())
                .unwrap();
            for (name, holds) in [
                ("may have been applied", error.may_have_been_applied()),
                ("timeout", error.is_timeout()),
                ("not found", error.is_not_found()),
                ("unauthorized", error.is_unauthorized()),
                ("forbidden", error.is_forbidden()),
            ] {
                if holds {
                    writeln!(lines, "  {name}").unwrap();
                }
            }
            assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
        }
    }
    assert!(!lines.contains(TOKEN), "the key is shown:\n{lines}");
    lines
}

fn run<S: Session, U: User<S>>(
    mut session: S,
    far: &mut Far,
    user: &mut U,
    lines: &mut String,
) -> Result<S::Output, Error> {
    let mut now = Time::ZERO;
    for _ in 0..10_000 {
        if user.due().is_some_and(|due| due <= now) {
            let shown = user.acts(&mut session);
            writeln!(lines, "{} USER {shown}", clock(now)).unwrap();
        }
        let input = match session.poll(now) {
            SessionAction::Open(opening) => {
                let request = &opening.request;
                assert!(!request.headers().contains_key("authorization"), "the key goes in the first frame");
                writeln!(lines, "{} OPEN {}", clock(now), request.uri()).unwrap();
                let input = far.connect(now);
                now = now + Duration::from_millis(100);
                match &input {
                    SessionInput::Failed(error) => writeln!(lines, "{}   {error}", clock(now)).unwrap(),
                    input => writeln!(lines, "{}   {input:?}", clock(now)).unwrap(),
                }
                input
            }
            SessionAction::Send(frame) => {
                let shown = if frame.is_sensitive() { "<key>" } else { frame.expose() };
                writeln!(lines, "{} SEND {shown}", clock(now)).unwrap();
                far.hears(now);
                continue;
            }
            SessionAction::Ping => {
                writeln!(lines, "{} PING", clock(now)).unwrap();
                far.pinged(now);
                continue;
            }
            SessionAction::Recv { until } => {
                let until = until.max(now);
                let till = user.due().map_or(until, |due| due.min(until));
                match far.next(till) {
                    Some((time, received)) => {
                        now = now.max(time);
                        writeln!(lines, "{}   {}", clock(now), shown(&received)).unwrap();
                        SessionInput::Received(received)
                    }
                    None if till < until => {
                        now = till;
                        continue;
                    }
                    None => {
                        now = until;
                        SessionInput::Received(Received::Elapsed)
                    }
                }
            }
            SessionAction::Ask(outgoing) => {
                writeln!(lines, "{} ASK {}", clock(now), outgoing.request.uri().path()).unwrap();
                let answer = far.answer();
                writeln!(lines, "{}   {answer:?}", clock(now)).unwrap();
                SessionInput::Answered(answer)
            }
            SessionAction::WaitUntil(until) => {
                assert!(until > now, "a session must not wait for the past");
                writeln!(lines, "{} WAIT until {}", clock(now), clock(until)).unwrap();
                now = until;
                continue;
            }
            SessionAction::Event(event) => {
                let shown = user.sees(&mut session, event, now);
                writeln!(lines, "{} SHOW {shown}", clock(now)).unwrap();
                continue;
            }
            SessionAction::Close => {
                writeln!(lines, "{} CLOSE", clock(now)).unwrap();
                far.hangs_up();
                continue;
            }
            SessionAction::Finished => return session.finish(),
            _ => panic!("an unknown action"),
        };
        session.handle(now, input);
    }
    panic!("it never ends:\n{lines}");
}

/// Milliseconds are as fine as anyone wants to read.
fn clock(time: Time) -> String {
    format!("{}s", (time.elapsed().as_secs_f64() * 1000.0).round() / 1000.0)
}

fn shown(received: &Received) -> String {
    match received {
        // What the far end says holds the token in the open or escaped; neither belongs into a snapshot.
        Received::Text(text) if text.len() < 300 => format!("says {}", String::from_utf8_lossy(text))
            .replace(r"tp\u002dcanary", "<token, escaped>")
            .replace(TOKEN, "<token>"),
        Received::Closed { code, reason } => format!("closes {code:?} {reason:?}").replace(TOKEN, "<token>"),
        Received::Lost(error) => format!("is lost: {error}"),
        Received::Broken(error) => format!("breaks the protocol: {error}"),
        other => format!("{other:?}"),
    }
    .replace(TOKEN, "<token>")
}

/// Writes the transcript down as the snapshot of this name.
macro_rules! assert_transcript {
    ($name:literal, $session:expr, $far:expr, $user:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
            insta::assert_snapshot!($name, $crate::transcript::transcript($session, $far, $user));
        });
    };
}
pub(crate) use assert_transcript;
