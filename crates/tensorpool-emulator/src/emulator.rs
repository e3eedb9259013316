//! `Emulator`: an engine and its script, shared; says how an answer is delivered as well as what it is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tensorpool_core::Time;

use crate::bell::{Bell, Changed};
use crate::config::Config;
use crate::engine::Engine;
use crate::script::{Fault, Script, mangle};
use crate::state::State;

/// An answer, and what happens to it on its way.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The answer, whole. An empty 200 where none is ever delivered.
    pub response: Response<Bytes>,
    /// What happens to it.
    pub delivery: Delivery,
}

impl Answer {
    pub(crate) fn whole(response: Response<Bytes>) -> Box<Self> {
        Box::new(Self { response, delivery: Delivery::Whole })
    }
}

impl fmt::Debug for Answer {
    // Not the body: it may hold keys and signed URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.response.status())
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It arrives.
    Whole,
    /// It arrives, so much later.
    After(Duration),
    /// There is none: the request could not be sent.
    NotSent,
    /// There is none: the connection broke.
    Cut,
    /// So many bytes of its body arrive, then the connection breaks.
    Reset(usize),
    /// So many bytes of its body arrive, then the connection closes in good order.
    Short(usize),
    /// There is none, however long one waits.
    Never,
}

/// An engine with a script of faults. Clones are the same emulator.
#[derive(Clone, Debug)]
pub struct Emulator {
    engine: Arc<Mutex<Engine>>,
    script: Script,
    bell: Bell,
}

impl Emulator {
    /// An emulator whose engine begins as `config` says.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Engine::new(config).into()
    }

    /// Its script: add rules to it at any time.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// Looks at the engine, or changes it. Nothing else is answered meanwhile; do not call the emulator inside.
    pub fn with_engine<R>(&self, look: impl FnOnce(&mut Engine) -> R) -> R {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let before = engine.state().changes;
        let result = look(&mut engine);
        let changed = engine.state().changes != before;
        drop(engine);
        if changed {
            self.bell.ring();
        }
        result
    }

    /// How often anything has changed that somebody at a socket may wait for.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.bell.rung()
    }

    /// Waits until something has changed since [`changes`](Self::changes) was `seen`: a job has printed, or its status is
    /// another. Time does not pass for it: what is due later is in [`EmulatorSocket::next_event`](crate::EmulatorSocket::next_event).
    ///
    /// # Cancel safety
    ///
    /// Dropped, it is forgotten.
    pub fn changed(&self, seen: u64) -> Changed {
        self.bell.after(seen)
    }

    /// Lets time pass until `now` and then works on the state.
    pub(crate) fn with_state<R>(&self, now: Time, work: impl FnOnce(&mut State) -> R) -> R {
        self.with_engine(|engine| {
            engine.advance(now);
            work(engine.state_mut())
        })
    }

    /// Answers a request that arrives at `now`, or fails it as the script says.
    pub fn answer(&self, now: Time, request: &Request<Bytes>) -> Answer {
        let handle = || self.with_engine(|engine| engine.handle(now, request));
        let nothing = || Response::new(Bytes::new());
        let Some(fault) = self.script.fault(request) else {
            return Answer { response: handle(), delivery: Delivery::Whole };
        };
        let (response, delivery) = match fault {
            Fault::Answer(response) => (response, Delivery::Whole),
            Fault::Delay(delay) => (handle(), Delivery::After(delay)),
            Fault::NotSent => (nothing(), Delivery::NotSent),
            Fault::CutBefore => (nothing(), Delivery::Cut),
            Fault::CutAfter => {
                handle();
                (nothing(), Delivery::Cut)
            }
            Fault::ResetAfter(bytes) => {
                let response = handle();
                let last = response.body().len().saturating_sub(1);
                (response, Delivery::Reset(bytes.min(last)))
            }
            Fault::Stall => (nothing(), Delivery::Never),
            Fault::StallAfter => {
                handle();
                (nothing(), Delivery::Never)
            }
            Fault::ShortBody => {
                let response = handle();
                let half = response.body().len() / 2;
                (response, Delivery::Short(half))
            }
            Fault::BadJson => (mangle::cut(handle()), Delivery::Whole),
            Fault::BadUtf8 => (mangle::bad_utf8(handle()), Delivery::Whole),
            Fault::Html => (mangle::html(), Delivery::Whole),
            Fault::UnknownEnums => (mangle::unknown_enums(handle()), Delivery::Whole),
            Fault::UnknownFields => (mangle::unknown_fields(handle()), Delivery::Whole),
            Fault::Duplicate => {
                handle();
                (handle(), Delivery::Whole)
            }
            Fault::Socket(..) => (handle(), Delivery::Whole),
            Fault::Change(change) => (change(handle()), Delivery::Whole),
        };
        Answer { response, delivery }
    }
}

impl From<Engine> for Emulator {
    fn from(engine: Engine) -> Self {
        Self { engine: Arc::new(Mutex::new(engine)), script: Script::new(), bell: Bell::default() }
    }
}
