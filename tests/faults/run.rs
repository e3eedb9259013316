//! Runs a call in virtual time, and holds what came of it against what the engine did.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tensorpool_client::Transport as _;
use tensorpool_client::core::{Error, Replay, Time};
use tensorpool_emulator::{EmulatorTransport, Handle, Rule};

use crate::calls::Call;
use crate::faults::Row;
use crate::world::World;

/// More than any call may take: four attempts of at most 60 s within a deadline of 2 minutes.
const LIMIT: Duration = Duration::from_secs(600);
/// More turns than any call needs, each of which lets somebody work or time pass.
const TURNS: u32 = 100_000;

/// Runs a future to its end. One that hangs in virtual time, or that nothing would ever wake, is a failure and not a
/// test that never ends.
pub(crate) fn block_on<F: Future>(what: &str, transport: &EmulatorTransport, future: F) -> F::Output {
    let (mut future, started) = (pin!(future), transport.now());
    for _ in 0..TURNS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        let took = transport.now().since(started);
        assert!(took <= LIMIT, "{what} is still not over after {took:?}");
    }
    panic!("{what} hangs at {:?}", transport.now().since(Time::ZERO));
}

/// Runs `body`; a panic in it, whose message is printed as always, is told as one of the things that are wrong.
pub(crate) fn survives<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|_| "it panicked; see above".to_owned())
}

/// What came of a call, and what the engine knows of it.
pub(crate) struct Report {
    pub(crate) outcome: Result<(), Error>,
    /// Whether the engine applied anything.
    pub(crate) applied: bool,
    /// How often the engine answered this route.
    pub(crate) seen: u64,
    /// How often each fault happened.
    pub(crate) fired: Vec<u32>,
}

impl Report {
    pub(crate) fn doubtful(&self) -> bool {
        self.outcome.as_ref().is_err_and(Error::may_have_been_applied)
    }
}

/// Makes the call in this world, `faults` in its way one after another; `digest` tells whether anything was applied.
pub(crate) fn report(
    call: &Call,
    world: &World,
    faults: &[&Row],
    body: usize,
    digest: impl Fn(&World) -> String,
) -> Report {
    let script = world.transport.script();
    script.clear();
    let rules: Vec<Handle> =
        faults.iter().map(|row| script.add(Rule::on(call.name, (row.fault)(body)))).collect();
    // The digest asks the engine too, so it is taken outside of what is counted.
    let before = digest(world);
    let seen = world.seen(call.name);
    let outcome = block_on(call.name, &world.transport, (call.make)(world));
    let seen = world.seen(call.name) - seen;
    Report {
        outcome,
        applied: digest(world) != before,
        seen,
        fired: rules.iter().map(Handle::fired).collect(),
    }
}

/// What must hold whatever happens. An empty list is a pass.
pub(crate) fn lies(call: &Call, report: &Report, faults: &[&Row]) -> Vec<String> {
    let meta = call.meta();
    let fired = |pick: &dyn Fn(&Row) -> bool| {
        let both = faults.iter().zip(&report.fired);
        both.filter(|(row, _)| pick(row)).map(|(_, fired)| u64::from(*fired)).sum::<u64>()
    };
    let (doubled, forged) = (fired(&|row| row.doubles), fired(&|row| row.passes_for_success(meta)));
    let mut lies = Vec::new();
    let mut check = |holds: bool, lie: &str| {
        if !holds {
            lies.push(lie.to_owned());
        }
    };
    match &report.outcome {
        Ok(()) => {
            check(report.seen > 0 || forged > 0, "a success of which the engine knows nothing");
            check(report.applied == call.changes() || forged > 0, "a success that is none, or none needed");
        }
        Err(error) => {
            let doubt = error.may_have_been_applied();
            // The network that delivers a request twice hides the first answer from everybody.
            check(
                !report.applied || doubt || doubled > 0,
                "certainly not applied, says the error; but it was",
            );
            check(!doubt || call.changes(), "a route that only reads may have been applied");
            check(
                doubt == error.to_string().contains("may have been applied"),
                "the text says something else",
            );
            check(error.endpoint() == Some(call.name), "the error is of another route");
            check(!error.to_string().contains('\n'), "the error is more than a line");
        }
    }
    if meta.replay == Replay::Never {
        check(report.seen <= 1 + doubled, "an order reached the engine more than once");
    }
    lies
}
