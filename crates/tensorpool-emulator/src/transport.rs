//! `EmulatorTransport`: the emulator as a transport of the client, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tensorpool_client::Transport;
use tensorpool_core::{Time, TransportError};

use crate::clock::Clock;
use crate::config::Config;
use crate::emulator::{Delivery, Emulator};
use crate::ids::splitmix;
use crate::script::Script;

/// Sends requests to an emulator in the same process, in virtual time: half an hour of waiting takes microseconds.
///
/// A request takes no time unless the script says so. Waits follow the rules of [`Clock`]. Clones are the same
/// transport: they share emulator and clock.
#[derive(Clone, Debug)]
pub struct EmulatorTransport {
    emulator: Emulator,
    clock: Clock,
    drawn: Arc<AtomicU64>,
}

impl EmulatorTransport {
    /// A transport to a new emulator.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Emulator::new(config).into()
    }

    /// The emulator.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The emulator's script.
    #[must_use]
    pub fn script(&self) -> &Script {
        self.emulator.script()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Lets time pass, for the engine too.
    pub fn advance(&self, duration: Duration) {
        let now = self.clock.advance(duration);
        self.emulator.with_engine(|engine| engine.advance(now));
    }
}

impl From<Emulator> for EmulatorTransport {
    fn from(emulator: Emulator) -> Self {
        Self { emulator, clock: Clock::new(), drawn: Arc::default() }
    }
}

impl Transport for EmulatorTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        self.clock.touch();
        let answer = self.emulator.answer(self.clock.now(), &request);
        let no_answer = || TransportError::timed_out(format!("no answer within {limit:?}"));
        match answer.delivery {
            Delivery::Whole => Ok(answer.response),
            Delivery::After(delay) if delay <= limit => {
                self.clock.sleep(delay).await;
                Ok(answer.response)
            }
            Delivery::After(_) | Delivery::Never => {
                self.clock.sleep(limit).await;
                Err(no_answer())
            }
            Delivery::NotSent => Err(TransportError::not_sent("connection refused")),
            Delivery::Cut => Err(TransportError::interrupted("connection reset before the answer")),
            Delivery::Reset(bytes) => {
                Err(TransportError::interrupted(format!("connection reset after {bytes} bytes of the body")))
            }
            Delivery::Short(bytes) => {
                let announced = answer.response.body().len();
                let message = format!("connection closed after {bytes} of {announced} bytes of the body");
                Err(TransportError::interrupted(message))
            }
        }
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    /// A fixed sequence: two runs of the same test wait equally long.
    fn entropy(&self) -> u64 {
        splitmix(self.drawn.fetch_add(1, Ordering::SeqCst))
    }
}
