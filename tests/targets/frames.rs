//! Frames of a WebSocket: whatever comes in, in whatever order, a session ends in a result, and shows no token.

use tensorpool_core::flow::{Input, RetryBudget};
use tensorpool_core::http::{Response, StatusCode};
use tensorpool_core::session::{
    CommandResult, Listen, ListenOptions, Push, PushEvent, PushJob, Received, Session, SessionAction,
    SessionInput,
};
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Error, Time, TransportError};

use super::{TOKEN, assert_presentable, front};

/// What the far end does next: a piece of the data up to a zero byte, the first byte of which says how it comes.
struct Far<'d> {
    pieces: std::slice::Split<'d, u8, fn(&u8) -> bool>,
    now: Time,
}

impl<'d> Far<'d> {
    fn new(data: &'d [u8]) -> Self {
        let is_end: fn(&u8) -> bool = |byte| *byte == 0;
        Self { pieces: data.split(is_end), now: Time::ZERO }
    }

    fn received(&mut self) -> Received {
        let Some(piece) = self.pieces.next() else {
            return Received::Lost(TransportError::interrupted("the end of the data"));
        };
        let (kind, text) = front(piece);
        let text = Bytes::copy_from_slice(text);
        match kind {
            1 => Received::Binary(text),
            2 => Received::Pong,
            3 => Received::Closed { code: Some(1000), reason: String::from_utf8_lossy(&text).into_owned() },
            4 => Received::Closed { code: None, reason: String::new() },
            5 => Received::Lost(TransportError::interrupted("reset")),
            6 => Received::Broken(TransportError::interrupted("garbage")),
            7 => Received::Elapsed,
            _ => Received::Text(Bytes::copy_from_slice(piece)),
        }
    }

    fn outcome(&mut self) -> SessionInput {
        match self.pieces.next().map(front) {
            Some((1, text)) => SessionInput::Refused(refusal(text)),
            Some((2, _)) => SessionInput::Failed(TransportError::not_sent("refused")),
            _ => SessionInput::Opened,
        }
    }
}

fn refusal(body: &[u8]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// Shown anywhere, the token would have leaked; but a command is the server's own words, given out to be answered.
fn assert_silent(shown: &str) {
    assert!(!shown.contains(TOKEN), "{shown}");
}

/// Drives a session to its end, which must come.
fn drive<S: Session>(
    mut session: S,
    far: &mut Far<'_>,
    mut event: impl FnMut(&mut S, S::Event),
) -> Result<S::Output, Error> {
    for _ in 0..20_000 {
        match session.poll(far.now) {
            SessionAction::Open(_) => {
                let outcome = far.outcome();
                session.handle(far.now, outcome);
            }
            SessionAction::Recv { until } => {
                let received = far.received();
                if matches!(received, Received::Elapsed) {
                    far.now = far.now.max(until);
                }
                session.handle(far.now, SessionInput::Received(received));
            }
            SessionAction::Ask(_) => {
                let input = match far.pieces.next() {
                    Some(body) => Input::Response(Response::new(Bytes::copy_from_slice(body))),
                    None => Input::Failed(TransportError::not_sent("the end of the data")),
                };
                session.handle(far.now, SessionInput::Answered(input));
            }
            SessionAction::WaitUntil(time) => {
                assert!(time > far.now, "it waits for what is over");
                far.now = time;
            }
            SessionAction::Event(told) => event(&mut session, told),
            SessionAction::Finished => return session.finish(),
            _ => {}
        }
    }
    panic!("it does not end");
}

fn context() -> Context {
    Context::new(BaseUrl::default(), ApiToken::new(TOKEN).unwrap())
}

/// The first byte says which session.
pub(super) fn frames(data: &[u8]) -> bool {
    let (which, data) = front(data);
    let mut far = Far::new(data);
    if which % 2 == 0 {
        let job = PushJob::new("commands = [\"true\"]", "c-7");
        let push = Push::new(&context(), &job).unwrap();
        ended(drive(push, &mut far, |push, event| match event {
            PushEvent::Command(command) => {
                let result = CommandResult::refused("a test runs nothing");
                push.answer(command, &result);
            }
            other => assert_silent(&format!("{other:?}")),
        }))
    } else {
        let budget = RetryBudget::new();
        let listen = Listen::new(&context(), "j-7", ListenOptions::default(), budget, 7).unwrap();
        ended(drive(listen, &mut far, |_, event| assert_silent(&format!("{event:?}"))))
    }
}

fn ended<T: std::fmt::Debug>(outcome: Result<T, Error>) -> bool {
    match outcome {
        Ok(output) => {
            assert_silent(&format!("{output:?}"));
            true
        }
        Err(error) => {
            assert_presentable(&error);
            assert_silent(&format!("{error} {error:?}"));
            false
        }
    }
}
