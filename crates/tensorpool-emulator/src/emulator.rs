//! `Emulator`: an engine and its script, shared; says how an answer is delivered as well as what it is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tensorpool_core::Time;

use crate::config::Config;
use crate::engine::Engine;
use crate::script::{Fault, Script, mangle};

/// An answer, and what happens to it on its way.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The answer, whole. An empty 200 where none is ever delivered.
    pub response: Response<Bytes>,
    /// What happens to it.
    pub delivery: Delivery,
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
        look(&mut self.engine.lock().unwrap_or_else(PoisonError::into_inner))
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
            Fault::Change(change) => (change(handle()), Delivery::Whole),
        };
        Answer { response, delivery }
    }
}

impl From<Engine> for Emulator {
    fn from(engine: Engine) -> Self {
        Self { engine: Arc::new(Mutex::new(engine)), script: Script::new() }
    }
}
