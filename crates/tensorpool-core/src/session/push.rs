//! Pushing a job: the config goes up, the server's commands come down, and the job's id is never lost.

mod job;

use std::collections::VecDeque;

pub use job::{PushEvent, PushJob, Pushed};

use super::command::{Answer, CommandRequest, CommandResult, Ticket};
use super::frame::{Frame, OddFrame};
use super::keepalive::{Beat, KeepAlive};
use super::opening::Door;
use super::refusal;
use super::{PUSH, Received, Session, SessionAction, SessionInput};
use crate::error::{Error, SendError, SessionError, SessionErrorKind, TransportError};
use crate::ids::JobId;
use crate::request::Context;
use crate::time::Time;

/// Pushes one job. It never reconnects: a second push is a second job.
#[derive(Debug)]
pub struct Push {
    door: Door,
    state: State,
    outbox: VecDeque<Frame>,
    events: VecDeque<PushEvent>,
    commands: Commands,
    job: Option<JobId>,
    sent: bool,
    heard: bool,
    /// The words of an error that came first, as long as nothing shows that the server went on all the same.
    refusal: Option<String>,
}

#[derive(Debug)]
enum State {
    Ready,
    Opening { until: Time },
    Talking(KeepAlive),
    Closing(Result<(), SessionError>),
    Ended(Result<(), SessionError>),
}

/// The server's commands: at most one is out, the others wait.
#[derive(Debug, Default)]
struct Commands {
    waiting: VecDeque<(String, bool)>,
    bytes: usize,
    out: Option<Ticket>,
    answered: u32,
    failed: Option<i64>,
}

impl Commands {
    /// More than any upload needs; a server that sends more than this at once means harm.
    const MOST: usize = 256;
    const MOST_BYTES: usize = 4 * 1024 * 1024;

    fn overflow(&self) -> bool {
        self.waiting.len() > Self::MOST || self.bytes > Self::MOST_BYTES
    }

    fn unanswered(&self) -> bool {
        self.out.is_some() || !self.waiting.is_empty()
    }
}

impl Push {
    /// A push that has not begun.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] without a token, if it would travel unencrypted to another machine, or if the cluster's id cannot
    /// be one.
    pub fn new(context: &Context, job: &PushJob) -> Result<Self, Error> {
        let door = Door::new(context, PUSH, &[])?;
        let outbox = VecDeque::from([door.key(), job.frame()?]);
        Ok(Self {
            door,
            state: State::Ready,
            outbox,
            events: VecDeque::new(),
            commands: Commands::default(),
            job: None,
            sent: false,
            heard: false,
            refusal: None,
        })
    }

    /// The most bytes of one frame from the server; 1 MiB by default.
    #[must_use]
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.door.set_max_frame(bytes);
        self
    }

    /// The job's id, once the server has named it.
    #[must_use]
    pub fn job(&self) -> Option<&JobId> {
        self.job.as_ref()
    }

    /// Answers the command that is out. The next poll sends it.
    ///
    /// After the session has ended, the answer goes nowhere.
    pub fn answer(&mut self, request: CommandRequest, result: &CommandResult) {
        let ours = self.commands.out.take_if(|ticket| ticket.is_for(&request));
        drop(request);
        if let Some(ticket) = ours {
            self.answer_with(&ticket.into_text(), result);
        }
    }

    fn answer_with(&mut self, command: &str, result: &CommandResult) {
        self.commands.answered += 1;
        if result.exit_code() != 0 {
            self.commands.failed.get_or_insert(result.exit_code());
        }
        // Strings and a number are always JSON.
        if let Ok(frame) = Frame::json(&Answer::new(command, result)) {
            self.outbox.push_back(frame);
        }
    }

    fn read(&mut self, text: &[u8]) {
        let mut fields = match self.door.read_with_command(text) {
            Ok(fields) => fields,
            Err(odd) => return self.events.push_back(PushEvent::Odd(odd)),
        };
        let first = !std::mem::replace(&mut self.heard, true);
        let error = fields.peek("error").map(str::to_owned);
        let failed = fields.peek("status").is_some_and(|status| status.eq_ignore_ascii_case("error"));
        if let Some(job) = fields.text("job_id").map(JobId::from) {
            match &self.job {
                None => {
                    self.job = Some(job.clone());
                    self.events.push_back(PushEvent::Job(job));
                }
                Some(kept) if *kept == job => {}
                Some(_) => self.events.push_back(PushEvent::OtherJob(job)),
            }
        }
        let message = fields.text("message");
        let command = fields.text("command");
        let show = fields.flag("command_show_stdout");
        // Only what came before any sign of consent can be a refusal, of the key or of the job.
        self.refusal = match (error.clone(), &command, &self.job) {
            (Some(error), None, None) if first => Some(error),
            (_, None, None) if !first => self.refusal.take(),
            _ => None,
        };
        if failed {
            let words = error.or_else(|| message.clone());
            let error = self.error(SessionErrorKind::Reported).said(words.map(|w| self.door.scrub(&w)));
            self.close(Err(error));
        }
        self.events.extend(message.map(PushEvent::Message));
        if let Some(command) = command.filter(|command| !command.trim().is_empty()) {
            self.commands.bytes += command.len();
            self.commands.waiting.push_back((command, show.unwrap_or(false)));
            if self.commands.overflow() {
                let error = TransportError::other("too many commands wait for an answer");
                let error = self.error(SessionErrorKind::Broken).caused_by(SendError::new(PUSH, error));
                self.close(Err(error));
            }
        }
        self.events.extend(fields.rest().map(PushEvent::Extra));
    }

    /// The next command, if none is out; the answer to one that was dropped.
    fn next_command(&mut self) -> Option<PushEvent> {
        if let Some(ticket) = self.commands.out.take_if(|ticket| ticket.is_dropped()) {
            let text = ticket.into_text();
            self.answer_with(&text, &CommandResult::refused("nobody took it"));
            return Some(PushEvent::Dropped(text));
        }
        if self.commands.out.is_some() {
            return None;
        }
        let (text, show) = self.commands.waiting.pop_front()?;
        self.commands.bytes = self.commands.bytes.saturating_sub(text.len());
        let (request, ticket) = CommandRequest::new(text, show);
        self.commands.out = Some(ticket);
        Some(PushEvent::Command(request))
    }

    fn error(&self, kind: SessionErrorKind) -> SessionError {
        // A server that has not accepted the key does not accept a job.
        let maybe = self.sent && kind != SessionErrorKind::Unauthorized;
        SessionError::new(PUSH, kind).job_seen(self.job.clone()).maybe_applied(maybe || self.job.is_some())
    }

    /// An end that is our decision: the server is told.
    fn close(&mut self, end: Result<(), SessionError>) {
        if matches!(self.state, State::Talking(_)) {
            self.state = State::Closing(end);
        }
    }

    fn closed(&self, code: Option<u16>, reason: &str) -> Result<(), SessionError> {
        let reason = self.door.scrub(reason);
        if let Some(error) = self.refused(&reason) {
            return Err(error.closed(code, String::new()));
        }
        match code {
            Some(1000) if self.commands.failed.is_some() || self.commands.unanswered() => {
                let error = self.error(SessionErrorKind::CommandFailed).closed(code, reason);
                Err(error.command_failed(self.commands.failed))
            }
            // Without an id or a command done here there is no sign that the server took the job.
            Some(1000) if self.job.is_none() && self.commands.answered == 0 => {
                Err(self.error(SessionErrorKind::Closed).closed(code, reason))
            }
            Some(1000) => Ok(()),
            Some(1006) => Err(self.error(SessionErrorKind::Lost).closed(code, reason)),
            code if refusal::is_code(code) && !self.heard => {
                Err(self.error(SessionErrorKind::Unauthorized).closed(code, reason))
            }
            code => Err(self.error(SessionErrorKind::Closed).closed(code, reason)),
        }
    }

    /// An error that came first, and after which nothing but the end came. Key and job go out together, so it may be about
    /// either.
    fn refused(&self, reason: &str) -> Option<SessionError> {
        let words = refusal::joined(self.refusal.as_deref()?, reason);
        Some(self.error(refusal::kind(&words)).said(Some(words)))
    }

    fn lost(&self, kind: SessionErrorKind, error: TransportError) -> SessionError {
        self.refused("").unwrap_or_else(|| self.error(kind)).caused_by(SendError::new(PUSH, error))
    }

    fn receive(&mut self, now: Time, received: Received) {
        let State::Talking(alive) = &mut self.state else { return };
        match received {
            Received::Elapsed => return alive.elapsed(now),
            _ => alive.heard(),
        }
        match received {
            Received::Text(text) => self.read(&text),
            Received::Binary(bytes) => self.events.push_back(PushEvent::Odd(OddFrame::Binary(bytes.len()))),
            Received::Pong | Received::Elapsed => {}
            Received::Closed { code, reason } => self.state = State::Ended(self.closed(code, &reason)),
            Received::Lost(error) => {
                self.state = State::Ended(Err(self.lost(SessionErrorKind::Lost, error)));
            }
            Received::Broken(error) => {
                self.state = State::Closing(Err(self.lost(SessionErrorKind::Broken, error)));
            }
        }
    }
}

impl Session for Push {
    type Event = PushEvent;
    type Output = Pushed;

    fn poll(&mut self, now: Time) -> SessionAction<PushEvent> {
        if let Some(event) = self.events.pop_front() {
            return SessionAction::Event(event);
        }
        if let State::Opening { until } = self.state {
            if now < until {
                return SessionAction::WaitUntil(until);
            }
            self.handle(now, SessionInput::Failed(TransportError::timed_out("no answer in time")));
        }
        if matches!(self.state, State::Talking(_)) {
            if let Some(event) = self.next_command() {
                return SessionAction::Event(event);
            }
            if let Some(frame) = self.outbox.pop_front() {
                self.sent |= !frame.is_sensitive();
                return SessionAction::Send(frame);
            }
        }
        match &mut self.state {
            State::Ready => {
                self.state = State::Opening { until: now + self.door.limit() };
                SessionAction::Open(self.door.opening())
            }
            State::Talking(alive) => match alive.poll(now) {
                Beat::Ping => SessionAction::Ping,
                Beat::Listen { until } => SessionAction::Recv { until },
                Beat::Dead => {
                    let error = self.error(SessionErrorKind::Silent);
                    self.close(Err(error));
                    self.poll(now)
                }
            },
            State::Closing(end) => {
                self.state = State::Ended(std::mem::replace(end, Ok(())));
                SessionAction::Close
            }
            State::Opening { .. } | State::Ended(_) => SessionAction::Finished,
        }
    }

    fn handle(&mut self, now: Time, input: SessionInput) {
        if let SessionInput::Received(received) = input {
            return self.receive(now, received);
        }
        if !matches!(self.state, State::Opening { .. }) {
            return;
        }
        self.state = match input {
            SessionInput::Opened => State::Talking(KeepAlive::new(now)),
            SessionInput::Refused(response) => {
                let kind = match response.status().as_u16() {
                    401 | 403 => SessionErrorKind::Unauthorized,
                    _ => SessionErrorKind::Refused,
                };
                let cause = self.door.refusal(&response);
                State::Ended(Err(self.error(kind).caused_by(cause)))
            }
            SessionInput::Failed(error) => {
                let cause = SendError::new(PUSH, error);
                State::Ended(Err(self.error(SessionErrorKind::NotOpened).caused_by(cause)))
            }
            SessionInput::Received(_) | SessionInput::Answered(_) => return,
        };
    }

    fn forget_unanswered(&mut self) {
        if matches!(self.state, State::Opening { .. }) {
            self.state = State::Ready;
        }
    }

    fn finish(self) -> Result<Pushed, Error> {
        let abandoned = self.error(SessionErrorKind::Abandoned);
        match self.state {
            State::Ended(Ok(())) => Ok(Pushed { job_id: self.job, commands: self.commands.answered }),
            State::Ended(Err(error)) | State::Closing(Err(error)) => Err(error.into()),
            _ => Err(abandoned.into()),
        }
    }
}
