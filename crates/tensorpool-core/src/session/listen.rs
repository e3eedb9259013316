//! Listening to a job: reconnects, tells replayed lines from new ones, and ends with how the job ended.

mod end;
mod event;
mod lines;

use std::collections::VecDeque;
use std::time::Duration;

pub use end::ListenEnd;
pub use event::{ListenEvent, ListenOptions, ListenStatus};

use super::frame::OddFrame;
use super::history::{History, Join};
use super::keepalive::{Beat, KeepAlive};
use super::opening::Door;
use super::refusal;
use super::{LISTEN, Received, Session, SessionAction, SessionInput};
use crate::api::job::GetJob;
use crate::error::{Error, SendError, SessionError, SessionErrorKind, TransportError};
use crate::flow::{Action, Call, Flow, RetryBudget, RetryPolicy};
use crate::ids::JobId;
use crate::request::Context;
use crate::time::Time;

/// Listens to a job until it has ended.
#[derive(Debug)]
pub struct Listen {
    context: Context,
    job: JobId,
    door: Door,
    options: ListenOptions,
    policy: RetryPolicy,
    budget: RetryBudget,
    jitter: crate::flow::Jitter,
    state: State,
    goodbye: bool,
    events: VecDeque<ListenEvent>,
    history: History,
    /// The last line shown is not the last remembered, so a replay up to that one does not go on from here.
    astray: bool,
    gap: Option<Away>,
    /// The protocol was broken after this line of a connection, or before the first, and no unknown line was shown since.
    broken: Option<Option<u64>>,
    heard: bool,
    refusal: Option<String>,
    status: Option<ListenStatus>,
    failures: u32,
    rounds: u32,
    now: Time,
}

#[derive(Debug)]
enum State {
    Ready,
    Opening { until: Time },
    Talking(Box<Line>),
    Waiting { until: Time, then: Then },
    Asking(Box<Call<GetJob>>),
    Ended(Result<ListenEnd, SessionError>),
}

/// What a connection ended by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It broke, or was never made.
    Lost,
    /// The server said that this was all.
    Ended,
    /// The server's application decided it, so that a second one would end the same way: there is no such job, say.
    Decided,
}

/// What a close with this code is. The codes from 4000 on are the application's own (RFC 6455 §7.4.2); which of them
/// the engine has is not known, and so what they mean is asked over REST.
fn ended(code: Option<u16>) -> Cut {
    match code {
        Some(1000) => Cut::Ended,
        Some(4000..=4999) => Cut::Decided,
        _ => Cut::Lost,
    }
}

#[derive(Clone, Copy, Debug)]
enum Then {
    Open,
    Ask,
}

/// An open connection.
#[derive(Debug)]
struct Line {
    alive: KeepAlive,
    greeted: bool,
    opened: Time,
    /// Lines whose place is not known yet, after a reconnect.
    join: Option<Join>,
    last: Time,
    /// The last line on this connection.
    print: Option<u64>,
}

/// A time without a connection, perhaps in several pieces, after which nothing new was heard yet.
#[derive(Clone, Copy, Debug)]
struct Away {
    before: Duration,
    since: Option<Time>,
    /// The server said that this was all.
    all_said: bool,
}

impl Away {
    fn length(self, now: Time) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| now.since(since))
    }
}

impl Listen {
    /// Listening that has not begun. `seed` spreads its delays; give each another.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] without a token, if it would travel unencrypted to another machine, or if the job's id cannot be a
    /// path segment.
    pub fn new(
        context: &Context,
        job: impl Into<JobId>,
        options: ListenOptions,
        budget: RetryBudget,
        seed: u64,
    ) -> Result<Self, Error> {
        let job = job.into();
        let mut door = Door::new(context, LISTEN, &[job.as_str()])?;
        door.set_max_frame(options.max_frame);
        let mut policy = RetryPolicy::default();
        (policy.base_delay, policy.max_delay) = (options.first_delay, options.max_delay);
        Ok(Self {
            context: context.clone(),
            job,
            door,
            policy,
            budget,
            jitter: crate::flow::Jitter::new(seed),
            state: State::Ready,
            goodbye: false,
            events: VecDeque::new(),
            history: History::new(options.window),
            options,
            astray: false,
            gap: None,
            broken: None,
            heard: false,
            refusal: None,
            status: None,
            failures: 0,
            rounds: 0,
            now: Time::ZERO,
        })
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobId {
        &self.job
    }

    fn error(&self, kind: SessionErrorKind) -> SessionError {
        SessionError::new(LISTEN, kind).job_seen(Some(self.job.clone()))
    }

    fn end(&mut self, end: Result<ListenEnd, SessionError>) {
        if self.gap.is_some_and(|away| !away.all_said) {
            self.mark_gap();
        }
        self.state = State::Ended(end);
    }

    /// Something was heard that had not been heard before.
    fn progress(&mut self) {
        (self.failures, self.rounds) = (0, 0);
    }

    /// The connection is gone, or never was: try again, or ask how the job is.
    fn cut(&mut self, now: Time, error: SessionError, by: Cut) {
        if let State::Talking(open) = &mut self.state {
            let lasted = now.since(open.opened) >= self.options.settled_after;
            // A replay that breaks off will be replayed; what may be new is shown before it is lost.
            let replaying = open.join.as_ref().is_some_and(|join| join.is_certain() || !join.holds());
            if open.join.is_some() && !replaying {
                self.settle();
            }
            let away = Away { before: Duration::ZERO, since: None, all_said: by == Cut::Ended };
            self.gap.get_or_insert(away).since = Some(now);
            if lasted {
                // A job may be quiet for hours behind a proxy that ends idle streams.
                (self.failures, self.rounds) = (0, 0);
            }
        }
        self.failures += 1;
        let ask = by != Cut::Lost || self.failures > self.options.failures;
        let floor = error.cause().and_then(Error::retry_after).unwrap_or_default();
        let delay = self.policy.delay(self.failures, &mut self.jitter);
        let delay = delay.max(floor.min(self.options.max_retry_after));
        let error = error.without_advice().into();
        self.events.push_back(ListenEvent::Cut { error, retry_in: (!ask).then_some(delay) });
        if ask {
            self.ask();
        } else {
            self.state = State::Waiting { until: now + delay, then: Then::Open };
        }
    }

    fn closed(&mut self, now: Time, code: Option<u16>, reason: &str) {
        let reason = self.door.scrub(reason);
        if let Some(error) = self.refused(&reason) {
            return self.end(Err(error.closed(code, String::new())));
        }
        let kind = match code {
            code if refusal::is_code(code) && !self.heard => SessionErrorKind::Unauthorized,
            Some(1006) => SessionErrorKind::Lost,
            _ => SessionErrorKind::Closed,
        };
        let error = self.error(kind).closed(code, reason);
        if kind == SessionErrorKind::Unauthorized {
            return self.end(Err(error));
        }
        self.cut(now, error, ended(code));
    }

    fn receive(&mut self, now: Time, received: Received) {
        let State::Talking(open) = &mut self.state else { return };
        match received {
            Received::Elapsed => return open.alive.elapsed(now),
            _ => open.alive.heard(),
        }
        match received {
            Received::Text(text) => self.read(now, &text),
            Received::Binary(bytes) => {
                self.events.push_back(ListenEvent::Odd(OddFrame::Binary(bytes.len())));
            }
            Received::Pong | Received::Elapsed => {}
            Received::Closed { code, reason } => self.closed(now, code, &reason),
            Received::Lost(error) => self.lost(now, SessionErrorKind::Lost, error),
            Received::Broken(error) => self.broke(now, error),
        }
    }

    /// The protocol was broken, say by a line over the cap. Where that happens a second time it would happen every time.
    fn broke(&mut self, now: Time, error: TransportError) {
        let place = match &self.state {
            State::Talking(open) => open.print,
            _ => None,
        };
        self.goodbye = true;
        if self.broken.replace(place) != Some(place) || self.refusal.is_some() {
            return self.lost(now, SessionErrorKind::Broken, error);
        }
        self.settle();
        let error = self.error(SessionErrorKind::Broken).caused_by(SendError::new(LISTEN, error));
        self.end(Err(error));
    }

    fn lost(&mut self, now: Time, kind: SessionErrorKind, error: TransportError) {
        let cause = SendError::new(LISTEN, error);
        if let Some(error) = self.refused("") {
            return self.end(Err(error.caused_by(cause)));
        }
        let error = self.error(kind).caused_by(cause);
        self.cut(now, error, Cut::Lost);
    }

    /// An error that came first, and after which nothing but the end came.
    fn refused(&mut self, reason: &str) -> Option<SessionError> {
        let words = refusal::joined(&self.refusal.take()?, reason);
        Some(self.error(refusal::kind(&words)).said(Some(words)))
    }

    fn opening(&mut self, now: Time, input: SessionInput) {
        match input {
            SessionInput::Opened => {
                if let Some(away) = &mut self.gap {
                    *away = Away { before: away.length(now), since: None, all_said: false };
                }
                self.state = State::Talking(Box::new(Line {
                    alive: KeepAlive::new(now),
                    greeted: false,
                    opened: now,
                    join: self.gap.map(|_| Join::default()),
                    last: now,
                    print: None,
                }));
            }
            SessionInput::Refused(response) => {
                let status = response.status();
                let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
                let kind = match status.as_u16() {
                    401 | 403 => SessionErrorKind::Unauthorized,
                    _ => SessionErrorKind::Refused,
                };
                let error = self.error(kind).caused_by(self.door.refusal(&response));
                if passing { self.cut(now, error, Cut::Lost) } else { self.end(Err(error)) }
            }
            SessionInput::Failed(error) => {
                let error = self.error(SessionErrorKind::NotOpened).caused_by(SendError::new(LISTEN, error));
                self.cut(now, error, Cut::Lost);
            }
            SessionInput::Received(_) | SessionInput::Answered(_) => {}
        }
    }

    /// What to do on an open connection.
    fn talk(&mut self, now: Time) -> Option<SessionAction<ListenEvent>> {
        let State::Talking(open) = &mut self.state else { return None };
        if !open.greeted {
            open.greeted = true;
            return Some(SessionAction::Send(self.door.key()));
        }
        let held = open.join.as_ref().filter(|join| join.holds());
        let decide = held.map(|join| {
            open.last + if join.is_certain() { self.options.quiet * 5 } else { self.options.quiet }
        });
        if decide.is_some_and(|decide| decide <= now) {
            self.settle();
            return None;
        }
        match open.alive.poll(now) {
            Beat::Ping => Some(SessionAction::Ping),
            Beat::Listen { until } => {
                Some(SessionAction::Recv { until: decide.map_or(until, |decide| until.min(decide)) })
            }
            Beat::Dead => {
                let error = self.error(SessionErrorKind::Silent);
                self.goodbye = true;
                self.cut(now, error, Cut::Lost);
                None
            }
        }
    }

    /// What to do while a question is under way.
    fn wait_for_answer(&mut self, now: Time) -> Option<SessionAction<ListenEvent>> {
        let State::Asking(call) = &mut self.state else { return None };
        match call.poll(now) {
            Action::Send(outgoing) => Some(SessionAction::Ask(outgoing)),
            Action::WaitUntil(until) => Some(SessionAction::WaitUntil(until)),
            Action::Progress(never) => match never {},
            Action::Finished => {
                self.answered(now);
                None
            }
        }
    }
}

impl Session for Listen {
    type Event = ListenEvent;
    type Output = ListenEnd;

    fn poll(&mut self, now: Time) -> SessionAction<ListenEvent> {
        self.now = now;
        loop {
            if let Some(event) = self.events.pop_front() {
                return SessionAction::Event(event);
            }
            if std::mem::take(&mut self.goodbye) {
                return SessionAction::Close;
            }
            match &self.state {
                State::Ready => {
                    self.state = State::Opening { until: now + self.door.limit() };
                    return SessionAction::Open(self.door.opening());
                }
                State::Opening { until } | State::Waiting { until, .. } if now < *until => {
                    return SessionAction::WaitUntil(*until);
                }
                State::Opening { .. } => {
                    let error = TransportError::timed_out("no answer in time");
                    self.handle(now, SessionInput::Failed(error));
                }
                State::Waiting { then: Then::Open, .. } => self.state = State::Ready,
                State::Waiting { then: Then::Ask, .. } => self.ask(),
                State::Talking(_) => {
                    if let Some(action) = self.talk(now) {
                        return action;
                    }
                }
                State::Asking(_) => {
                    if let Some(action) = self.wait_for_answer(now) {
                        return action;
                    }
                }
                State::Ended(_) => return SessionAction::Finished,
            }
        }
    }

    fn handle(&mut self, now: Time, input: SessionInput) {
        self.now = now;
        match (&mut self.state, input) {
            (State::Talking(_), SessionInput::Received(received)) => self.receive(now, received),
            (State::Opening { .. }, input) => self.opening(now, input),
            (State::Asking(call), SessionInput::Answered(input)) => call.handle(now, input),
            _ => {}
        }
    }

    fn forget_unanswered(&mut self) {
        match self.state {
            State::Opening { .. } => self.state = State::Ready,
            State::Asking(_) => self.ask(),
            _ => {}
        }
    }

    fn finish(self) -> Result<ListenEnd, Error> {
        let abandoned = self.error(SessionErrorKind::Abandoned);
        match self.state {
            State::Ended(end) => Ok(end?),
            _ => Err(abandoned.into()),
        }
    }
}
