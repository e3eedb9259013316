//! `EmulatorSocket`: a WebSocket to the emulator, in process and in the time that is passed in.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tensorpool_core::Time;

use crate::answer::said;
use crate::emulator::{Answer, Delivery, Emulator};
use crate::script::{Fault, Mishap, mangle};
use crate::session::{Out, Session, endpoint};

/// What comes from the engine over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerFrame {
    /// A text frame.
    Text(String),
    /// A binary frame, which only a script sends.
    Binary(Bytes),
    /// The answer to a ping.
    Pong,
    /// The engine closes the connection. Nothing comes after it.
    Close {
        /// The code: 1000 is a good end (contract §9).
        code: u16,
        /// The reason, often empty.
        reason: String,
    },
    /// The connection broke without a close frame, which clients call 1006. Nothing comes after it.
    Cut,
}

/// A WebSocket to an [`Emulator`], without a socket: frames in, frames out, at moments that are passed in.
///
/// Dropped, the connection is gone, and the engine sees it so.
///
/// ```
/// use std::time::Duration;
/// use tensorpool_core::Time;
/// use tensorpool_core::model::JobStatus;
/// use tensorpool_emulator::{Config, Emulator, NewJob, ServerFrame};
///
/// let emulator = Emulator::new(Config::single_user("tp-test")?);
/// let job = emulator.with_engine(|engine| {
///     let job = engine.add_job(NewJob::new(JobStatus::Running));
///     engine.print_job_line(&job, "epoch 1");
///     job
/// });
/// let mut socket = emulator.open_socket(Time::ZERO, &format!("/job/listen/{job}")).unwrap();
/// socket.send(Time::ZERO, r#"{"TENSORPOOL_KEY": "tp-test"}"#);
/// assert_eq!(socket.recv(Time::ZERO), Some(ServerFrame::Text(r#"{"message":"epoch 1"}"#.to_owned())));
/// assert_eq!(socket.recv(Time::ZERO), None, "the job still runs");
/// # Ok::<(), tensorpool_core::error::BuildError>(())
/// ```
#[derive(Debug)]
pub struct EmulatorSocket {
    emulator: Emulator,
    session: Session,
    /// What is to go wrong, after so many frames.
    mishap: Option<(usize, Mishap)>,
    /// How every frame is changed.
    mangled: Option<Mangled>,
    /// Before, nothing comes.
    from: Time,
    sent: usize,
    ready: VecDeque<ServerFrame>,
    duplicates: bool,
    silent: bool,
    over: bool,
    /// A command that only the script has asked for.
    asked: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Mangled {
    Enums,
    Fields,
}

impl Emulator {
    /// Opens the WebSocket at `path`, `/job/push` or `/job/listen/{job_id}` (contract §9), or fails it as the script
    /// says: rules for `job.push` and `job.listen` meet the request that opens it.
    ///
    /// # Errors
    ///
    /// What is answered instead, and how: 404 for another path, whatever a script says otherwise.
    pub fn open_socket(&self, now: Time, path: &str) -> Result<EmulatorSocket, Box<Answer>> {
        let request = Request::get(path).body(Bytes::new());
        let request = request.map_err(|_| Answer::whole(said(StatusCode::BAD_REQUEST, "Bad path")))?;
        let path = request.uri().path();
        let fault = self.script().fault(&request);
        let (Some(session), Some(name)) = (Session::open(path), endpoint(path)) else {
            return Err(Answer::whole(said(StatusCode::NOT_FOUND, "Not Found")));
        };
        let mut socket = EmulatorSocket::new(self.clone(), session, now);
        if let Some(fault) = fault {
            socket.fail(fault, &request)?;
        }
        self.with_engine(|engine| engine.remember(name, StatusCode::SWITCHING_PROTOCOLS));
        Ok(socket)
    }
}

impl EmulatorSocket {
    fn new(emulator: Emulator, session: Session, now: Time) -> Self {
        Self {
            emulator,
            session,
            mishap: None,
            mangled: None,
            from: now,
            sent: 0,
            ready: VecDeque::new(),
            duplicates: false,
            silent: false,
            over: false,
            asked: None,
        }
    }

    /// Faults that are made for answers become what is nearest to them on a socket.
    fn fail(&mut self, fault: Fault, request: &Request<Bytes>) -> Result<(), Box<Answer>> {
        let instead = |delivery| Err(Box::new(Answer { response: Response::default(), delivery }));
        let mishap = match fault {
            Fault::Socket(after, mishap) => (after, mishap),
            Fault::Answer(response) => return Err(Answer::whole(response)),
            Fault::Html => return Err(Answer::whole(mangle::html())),
            Fault::NotSent => return instead(Delivery::NotSent),
            Fault::CutBefore | Fault::CutAfter => return instead(Delivery::Cut),
            Fault::Stall => return instead(Delivery::Never),
            Fault::StallAfter => (0, Mishap::Silence),
            Fault::Delay(delay) => {
                self.from = self.from + delay;
                return Ok(());
            }
            // Bytes of a body are frames here.
            Fault::ResetAfter(frames) => (frames, Mishap::Drop),
            Fault::ShortBody => (1, Mishap::Drop),
            Fault::BadJson => (0, Mishap::garbage()),
            Fault::BadUtf8 => (0, Mishap::Binary(Bytes::from_static(b"{\"message\":\"\xff\"}"))),
            Fault::Duplicate => (0, Mishap::Duplicate),
            Fault::UnknownEnums => {
                self.mangled = Some(Mangled::Enums);
                return Ok(());
            }
            Fault::UnknownFields => {
                self.mangled = Some(Mangled::Fields);
                return Ok(());
            }
            Fault::Change(change) => {
                let mut accepted = Response::new(request.body().clone());
                *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                let response = change(accepted);
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    return Ok(());
                }
                return Err(Answer::whole(response));
            }
        };
        self.mishap = Some(mishap);
        Ok(())
    }

    /// Sends a text frame, which arrives at once. After the end it gets nowhere.
    pub fn send(&mut self, now: Time, text: &str) {
        if self.over || self.is_silent() || self.answers_the_script(text) {
            return;
        }
        let session = &mut self.session;
        self.emulator.with_state(now, |state| session.receive(state, text));
    }

    /// Sends a ping. Its answer comes before everything else, unless a script wants silence.
    pub fn ping(&mut self) {
        if !self.over && !self.is_silent() {
            self.ready.push_front(ServerFrame::Pong);
        }
    }

    /// The next frame that is there by `now`, if there is one.
    pub fn recv(&mut self, now: Time) -> Option<ServerFrame> {
        if self.over {
            return None;
        }
        if let Some(frame) = self.ready.pop_front() {
            return Some(self.passes(frame));
        }
        if now < self.from {
            return None;
        }
        if let Some((_, mishap)) = self.mishap.take_if(|(after, _)| self.sent >= *after) {
            self.befall(mishap);
            return self.recv(now);
        }
        if self.silent {
            return None;
        }
        let session = &mut self.session;
        let out = self.emulator.with_state(now, |state| session.poll(state))?;
        let frame = match out {
            Out::Close(code, reason) => ServerFrame::Close { code, reason },
            Out::Frame(value) => {
                self.sent += 1;
                let frame = ServerFrame::Text(self.text(value));
                if self.duplicates {
                    self.ready.push_back(frame.clone());
                }
                frame
            }
        };
        Some(self.passes(frame))
    }

    /// When something may next come by itself, if nobody does anything: another [`recv`](Self::recv) before is in vain
    /// unless the engine [changes](Emulator::changed). None if nothing is going to happen.
    #[must_use]
    pub fn next_event(&self, now: Time) -> Option<Time> {
        if self.over || self.is_silent() {
            return None;
        }
        if now < self.from {
            return Some(self.from);
        }
        self.emulator.with_engine(|engine| engine.next_event())
    }

    /// Closes it from the client's side. Nothing comes any more.
    pub fn close(&mut self, now: Time) {
        if !std::mem::replace(&mut self.over, true) {
            let session = &mut self.session;
            self.emulator.with_state(now, |state| session.gone(state));
        }
    }

    /// Whether the engine neither hears nor says anything.
    pub(crate) fn is_silent(&self) -> bool {
        let due = |(after, mishap): &(usize, Mishap)| *mishap == Mishap::Silence && self.sent >= *after;
        self.silent || self.mishap.as_ref().is_some_and(due)
    }

    /// The engine knows nothing of what the script asks for, so it does not hear the answer either.
    fn answers_the_script(&mut self, text: &str) -> bool {
        self.asked.is_some() && command(text) == self.asked && self.asked.take().is_some()
    }

    fn befall(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::Close(code, reason) => self.ready.push_back(ServerFrame::Close { code, reason }),
            Mishap::Drop => self.ready.push_back(ServerFrame::Cut),
            Mishap::Silence => self.silent = true,
            Mishap::Text(text) => {
                self.asked = command(&text);
                self.ready.push_back(ServerFrame::Text(text));
            }
            Mishap::Binary(bytes) => self.ready.push_back(ServerFrame::Binary(bytes)),
            Mishap::Duplicate => self.duplicates = true,
        }
    }

    /// Notes the end if this frame is one.
    fn passes(&mut self, frame: ServerFrame) -> ServerFrame {
        if matches!(frame, ServerFrame::Close { .. } | ServerFrame::Cut) {
            let now = self.emulator.with_engine(|engine| engine.now());
            self.close(now);
        }
        frame
    }

    fn text(&self, mut value: Value) -> String {
        match self.mangled {
            None => {}
            // A socket has enums of its own (contract §9.2), which no model names.
            Some(Mangled::Enums) => {
                if let Some(status) = value.get_mut("status") {
                    *status = "hibernating".into();
                }
            }
            Some(Mangled::Fields) => mangle::add_unknown_fields(&mut value),
        }
        value.to_string()
    }
}

/// The command in a frame: one to be run, or one that was.
fn command(text: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(text).ok()?;
    Some(frame.get("command")?.as_str()?.to_owned())
}

impl Drop for EmulatorSocket {
    fn drop(&mut self) {
        if !self.over {
            let now = self.emulator.with_engine(|engine| engine.now());
            self.close(now);
        }
    }
}
