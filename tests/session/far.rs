//! The far end of a session in imagined time: what it does on each connection, and what it answers over REST.

use std::collections::VecDeque;
use std::time::Duration;

use tensorpool_core::flow::Input;
use tensorpool_core::http::Response;
use tensorpool_core::session::{Received, SessionInput};
use tensorpool_core::{Bytes, Time, TransportError};

/// What it does on one connection.
pub(crate) struct Connection {
    /// How opening goes; `None` is well.
    opens: Option<SessionInput>,
    steps: VecDeque<Step>,
    answers_pings: bool,
}

enum Step {
    /// After this long.
    Does(Duration, Received),
    /// Once the user has sent a frame that it has not waited for yet.
    Awaits,
}

/// Takes the connection.
pub(crate) fn opens() -> Connection {
    Connection { opens: None, steps: VecDeque::new(), answers_pings: true }
}

/// Answers the request to open with this status and body.
pub(crate) fn refuses(status: u16, body: &str) -> Connection {
    let response = Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    Connection { opens: Some(SessionInput::Refused(response)), ..opens() }
}

/// Cannot be connected to.
pub(crate) fn is_not_there() -> Connection {
    let error = TransportError::not_sent("connection refused");
    Connection { opens: Some(SessionInput::Failed(error)), ..opens() }
}

/// Takes the connection and never says whether.
pub(crate) fn stalls() -> Connection {
    let error = TransportError::timed_out("no connection within 30s");
    Connection { opens: Some(SessionInput::Failed(error)), ..opens() }
}

impl Connection {
    fn then(mut self, received: Received) -> Self {
        self.steps.push_back(Step::Does(Duration::from_millis(100), received));
        self
    }

    /// Sends this text, 100 ms after what it did before.
    pub(crate) fn says(self, text: &str) -> Self {
        self.says_bytes(text.as_bytes())
    }

    /// As [`says`](Self::says), whatever the bytes.
    pub(crate) fn says_bytes(self, text: &[u8]) -> Self {
        self.then(Received::Text(Bytes::copy_from_slice(text)))
    }

    pub(crate) fn says_binary(self, bytes: &[u8]) -> Self {
        self.then(Received::Binary(Bytes::copy_from_slice(bytes)))
    }

    /// Does nothing for so many seconds more.
    pub(crate) fn rests(mut self, seconds: u64) -> Self {
        self.steps.push_back(Step::Does(Duration::from_secs(seconds), Received::Elapsed));
        self
    }

    pub(crate) fn closes(self, code: u16, reason: &str) -> Self {
        self.then(Received::Closed { code: Some(code), reason: reason.to_owned() })
    }

    pub(crate) fn closes_without_a_code(self) -> Self {
        self.then(Received::Closed { code: None, reason: String::new() })
    }

    pub(crate) fn cuts(self) -> Self {
        self.then(Received::Lost(TransportError::interrupted("connection reset")))
    }

    /// Sends what a socket cannot read.
    pub(crate) fn babbles(self, what: &str) -> Self {
        self.then(Received::Broken(TransportError::other(what)))
    }

    /// Goes on once the user has sent another frame.
    pub(crate) fn awaits(mut self) -> Self {
        self.steps.push_back(Step::Awaits);
        self
    }

    /// Answers no ping.
    pub(crate) fn mute(mut self) -> Self {
        self.answers_pings = false;
        self
    }
}

/// What the user's side meets, in its order.
#[derive(Default)]
pub(crate) struct Far {
    connections: VecDeque<Connection>,
    answers: VecDeque<Input>,
    open: Option<Connection>,
    since: Time,
    pongs: VecDeque<Time>,
    sent: u32,
    awaited: u32,
}

impl Far {
    pub(crate) fn new(connections: impl IntoIterator<Item = Connection>) -> Self {
        Self { connections: connections.into_iter().collect(), ..Self::default() }
    }

    /// Answers the next question over REST with this.
    pub(crate) fn answers(mut self, status: u16, body: &str) -> Self {
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.answers.push_back(Input::Response(Response::builder().status(status).body(body).unwrap()));
        self
    }

    /// Is not reached over REST.
    pub(crate) fn stays_away(mut self) -> Self {
        self.answers.push_back(Input::Failed(TransportError::not_sent("connection refused")));
        self
    }

    pub(crate) fn connect(&mut self, now: Time) -> SessionInput {
        let mut connection = self.connections.pop_front().expect("one connection too many");
        let opens = connection.opens.take();
        (self.since, self.sent, self.awaited) = (now, 0, 0);
        self.pongs.clear();
        self.open = Some(connection);
        opens.unwrap_or(SessionInput::Opened)
    }

    pub(crate) fn answer(&mut self) -> Input {
        self.answers.pop_front().expect("one question too many")
    }

    pub(crate) fn hears(&mut self, now: Time) {
        self.sent += 1;
        let Some(open) = &mut self.open else { return };
        if matches!(open.steps.front(), Some(Step::Awaits)) {
            self.since = now;
        }
    }

    /// Goes past what was awaited and has come. The key and the job are not waited for.
    fn go_on(&mut self) {
        let Some(open) = &mut self.open else { return };
        while self.sent > 2 + self.awaited && matches!(open.steps.front(), Some(Step::Awaits)) {
            open.steps.pop_front();
            self.awaited += 1;
        }
    }

    pub(crate) fn pinged(&mut self, now: Time) {
        if self.open.as_ref().is_some_and(|open| open.answers_pings) {
            self.pongs.push_back(now + Duration::from_millis(50));
        }
    }

    pub(crate) fn hangs_up(&mut self) {
        self.open = None;
    }

    /// The first thing to come before `until`, and when.
    pub(crate) fn next(&mut self, until: Time) -> Option<(Time, Received)> {
        loop {
            self.go_on();
            let pong = self.pongs.front().copied();
            let open = self.open.as_mut().expect("an open connection");
            let step = match open.steps.front() {
                Some(Step::Does(gap, _)) => Some(self.since + *gap),
                _ => None,
            };
            match (step, pong) {
                (step, Some(pong)) if pong <= until && step.is_none_or(|step| pong <= step) => {
                    self.pongs.pop_front();
                    return Some((pong, Received::Pong));
                }
                (Some(step), _) if step <= until => {
                    self.since = step;
                    match open.steps.pop_front() {
                        Some(Step::Does(_, Received::Elapsed)) | None => {}
                        Some(Step::Does(_, received)) => return Some((step, received)),
                        Some(Step::Awaits) => unreachable!("it has no time"),
                    }
                }
                _ => return None,
            }
        }
    }

    /// What it did not come to do; nothing in a test that tests what it says.
    pub(crate) fn left(&self) -> usize {
        let steps = self.open.as_ref().map_or(0, |open| open.steps.len());
        steps + self.connections.len() + self.answers.len()
    }
}
