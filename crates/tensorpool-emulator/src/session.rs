//! `Session`: the server's side of a WebSocket, frames in and frames out (contract §9). No socket, no clock.

mod listen;
mod push;

use std::collections::VecDeque;

use serde_json::{Map, Value, json};
use tensorpool_core::JobId;

use crate::answer::UNAUTHORIZED;
use crate::config::User;
use crate::percent;
use crate::state::State;
use listen::Listen;
use push::Push;

/// Why a session is closed. Only 1000 and 1006 are known (contract §9); the others are guesses: 1008 for a refused key,
/// as RFC 6455 has it, and 4000 plus the status that a route would answer with.
pub(crate) mod code {
    pub(crate) const NORMAL: u16 = 1000;
    pub(crate) const REFUSED: u16 = 1008;
    pub(crate) const INVALID: u16 = 4400;
    pub(crate) const NOT_FOUND: u16 = 4404;
    pub(crate) const CONFLICT: u16 = 4409;
    pub(crate) const UPLOAD_FAILED: u16 = 4424;
    pub(crate) const UNABLE: u16 = 4500;
}

/// The most bytes that fit into a close frame beside its code (RFC 6455 §5.5).
const LONGEST_REASON: usize = 123;

/// What a session sends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    Frame(Value),
    Close(u16, String),
}

/// The server's side of one connection. It looks at the state whenever it is polled, and keeps none of it.
#[derive(Debug)]
pub(crate) struct Session {
    kind: Kind,
    user: Option<usize>,
    out: VecDeque<Out>,
    closed: bool,
}

#[derive(Debug)]
enum Kind {
    Push(Push),
    Listen(Listen),
}

/// What a session has to say, in order.
type Lines = VecDeque<Out>;

impl Session {
    /// A session for this path, if it is one of a socket.
    pub(crate) fn open(path: &str) -> Option<Self> {
        let kind = match route(path)? {
            Route::Push => Kind::Push(Push::default()),
            Route::Listen(job) => Kind::Listen(Listen::new(job)),
        };
        Some(Self { kind, user: None, out: VecDeque::new(), closed: false })
    }

    /// Takes a text frame of the client's.
    pub(crate) fn receive(&mut self, state: &mut State, text: &str) {
        if self.closed {
            return;
        }
        let fields = match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => fields,
            _ => {
                refuse(&mut self.out, code::INVALID, "A frame must be a JSON object");
                return self.settle(state);
            }
        };
        match (self.user, &mut self.kind) {
            (None, kind) => match user(state, &fields) {
                Some(user) => {
                    self.user = Some(user);
                    if let Kind::Listen(listen) = kind {
                        listen.begin(state, user, &mut self.out);
                    }
                }
                None => self.out.push_back(Out::Close(code::REFUSED, UNAUTHORIZED.to_owned())),
            },
            (Some(user), Kind::Push(push)) => push.receive(state, user, &fields, &mut self.out),
            // A listener has nothing more to say; what it says all the same is ignored.
            (Some(_), Kind::Listen(_)) => {}
        }
        self.settle(state);
    }

    /// The next thing to send, if there is one now.
    pub(crate) fn poll(&mut self, state: &mut State) -> Option<Out> {
        if self.closed {
            return None;
        }
        if self.out.is_empty() && self.user.is_some() {
            match &mut self.kind {
                Kind::Push(push) => push.poll(state, &mut self.out),
                Kind::Listen(listen) => listen.poll(state, &mut self.out),
            }
        }
        let next = self.out.pop_front();
        if matches!(next, Some(Out::Close(..))) {
            self.closed = true;
            self.gone(state);
        }
        next
    }

    /// The connection is gone, or nothing more is coming from the client.
    pub(crate) fn gone(&mut self, state: &mut State) {
        if let Kind::Push(push) = &mut self.kind {
            push.gone(state);
        }
    }

    /// Once a close is on its way, what the client says comes too late.
    fn settle(&mut self, state: &mut State) {
        if self.out.iter().any(|out| matches!(out, Out::Close(code, _) if *code != code::NORMAL)) {
            self.gone(state);
        }
    }
}

enum Route {
    Push,
    Listen(JobId),
}

fn route(path: &str) -> Option<Route> {
    if path == "/job/push" {
        return Some(Route::Push);
    }
    let job = path.strip_prefix("/job/listen/").filter(|job| !job.is_empty() && !job.contains('/'))?;
    Some(Route::Listen(JobId::from(percent::decode(job))))
}

/// The name of a socket in rules of a [`Script`](crate::Script) and in [`Seen`](crate::Seen).
pub(crate) fn endpoint(path: &str) -> Option<&'static str> {
    Some(match route(path)? {
        Route::Push => "job.push",
        Route::Listen(_) => "job.listen",
    })
}

fn user(state: &State, fields: &Map<String, Value>) -> Option<usize> {
    let key = fields.get("TENSORPOOL_KEY")?.as_str()?;
    state.config.users.iter().position(|user: &User| user.token.expose() == key)
}

/// Says something to the user.
fn say(out: &mut Lines, message: impl Into<String>) {
    out.push_back(Out::Frame(json!({ "message": message.into() })));
}

/// Says why not, in full, and closes with as much of it as a close frame holds.
fn refuse(out: &mut Lines, code: u16, why: &str) {
    say(out, why);
    let line = why.lines().next().unwrap_or_default();
    let mut end = line.len().min(LONGEST_REASON);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    out.push_back(Out::Close(code, line.get(..end).unwrap_or_default().to_owned()));
}
