//! The emulator under a client, in virtual time.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use tensorpool_client::Transport as _;
use tensorpool_core::api::cluster::CreateCluster;
use tensorpool_core::api::user::GetMe;
use tensorpool_core::{Time, TransportErrorKind};

use super::{config, context};
use crate::{EmulatorTransport, Fault, Rule};

/// Polls until it is ready. Every wait is virtual, so there is never anything to wait for.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Task::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("still pending");
}

const LIMIT: Duration = Duration::from_secs(30);

fn send(transport: &EmulatorTransport) -> Result<u16, TransportErrorKind> {
    let request = context("tp-ada").request(&GetMe).unwrap();
    let answer = run(transport.send(request, LIMIT));
    answer.map(|response| response.status().as_u16()).map_err(|error| error.kind())
}

#[test]
fn every_fault_is_the_right_kind_of_failure_and_takes_its_time() {
    use TransportErrorKind::{Interrupted, NotSent, TimedOut};
    for (fault, outcome, seconds) in [
        (Fault::status(503), Ok(503), 0),
        (Fault::NotSent, Err(NotSent), 0),
        (Fault::CutBefore, Err(Interrupted), 0),
        (Fault::CutAfter, Err(Interrupted), 0),
        (Fault::ResetAfter(3), Err(Interrupted), 0),
        (Fault::ShortBody, Err(Interrupted), 0),
        (Fault::Stall, Err(TimedOut), 30),
        (Fault::StallAfter, Err(TimedOut), 30),
        (Fault::Delay(Duration::from_secs(7)), Ok(200), 7),
        (Fault::Delay(Duration::from_secs(31)), Err(TimedOut), 30),
        (Fault::BadJson, Ok(200), 0),
        (Fault::BadUtf8, Ok(200), 0),
        (Fault::Html, Ok(200), 0),
        (Fault::UnknownEnums, Ok(200), 0),
        (Fault::UnknownFields, Ok(200), 0),
        (Fault::Duplicate, Ok(200), 0),
        (Fault::change(|response| response), Ok(200), 0),
    ] {
        let transport = EmulatorTransport::new(config());
        let rule = transport.script().add(Rule::on("user.me", fault.clone()));
        assert_eq!(send(&transport), outcome, "{fault:?}");
        assert_eq!((transport.now(), rule.fired()), (Time::secs(seconds), 1), "{fault:?}");
        assert_eq!(send(&transport), Ok(200), "once");
    }
}

#[test]
fn virtual_time_is_the_engines_time() {
    let transport = EmulatorTransport::new(config());
    let request = context("tp-ada").request(&CreateCluster::new("1xH100")).unwrap();
    run(transport.send(request, LIMIT)).unwrap();
    run(transport.sleep(Duration::from_secs(60)));
    transport.advance(Duration::from_secs(30));
    assert_eq!(transport.now(), Time::secs(90));
    assert!(transport.emulator().with_engine(|engine| engine.next_event().is_none()), "it runs");
    assert_ne!(transport.entropy(), transport.clone().entropy());
}

/// Two tasks on one thread, polled in turn.
async fn both(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut a_done, mut b_done) = (false, false);
    std::future::poll_fn(|task| {
        a_done = a_done || a.as_mut().poll(task).is_ready();
        b_done = b_done || b.as_mut().poll(task).is_ready();
        if a_done && b_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let transport = EmulatorTransport::new(config());
    let log = Mutex::new(Vec::new());
    let task = |name: &'static str, naps: &'static [u64]| {
        let (transport, log) = (&transport, &log);
        async move {
            for nap in naps {
                transport.sleep(Duration::from_secs(*nap)).await;
                log.lock().unwrap().push((name, transport.now().elapsed().as_secs()));
            }
        }
    };
    run(both(task("slow", &[10, 10]), task("quick", &[3, 3, 3, 3, 8])));
    let expected =
        [("quick", 3), ("quick", 6), ("quick", 9), ("slow", 10), ("quick", 12), ("quick", 20), ("slow", 20)];
    let mut log = log.into_inner().unwrap();
    log[5..].sort_unstable();
    assert_eq!(log, expected);
}

#[test]
fn time_does_not_pass_for_a_sleep_that_was_dropped() {
    let transport = EmulatorTransport::new(config());
    let mut dropped = Box::pin(transport.sleep(Duration::from_secs(1)));
    assert!(dropped.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_pending());
    drop(dropped);
    run(transport.sleep(Duration::from_secs(5)));
    assert_eq!(transport.now(), Time::secs(5));
}

#[test]
fn time_does_not_pass_while_somebody_works() {
    let transport = EmulatorTransport::new(config());
    let busy = async {
        for _ in 0..20 {
            let request = context("tp-ada").request(&GetMe).unwrap();
            transport.send(request, LIMIT).await.unwrap();
            assert_eq!(transport.now(), Time::ZERO);
            // Gives way, as a task does that awaits something else.
            let mut first = true;
            std::future::poll_fn(
                |_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) },
            )
            .await;
        }
    };
    run(both(transport.sleep(Duration::from_secs(5)), busy));
    assert_eq!(transport.now(), Time::secs(5));
}

#[tokio::test]
async fn a_real_executor_drives_a_thousand_sleepers() {
    let transport = EmulatorTransport::new(config());
    let tasks: Vec<_> = (0..1000_u64)
        .map(|n| {
            let transport = transport.clone();
            tokio::spawn(async move {
                transport.sleep(Duration::from_secs(n % 97)).await;
                assert_eq!(transport.now(), Time::secs(n % 97));
                transport.sleep(Duration::from_secs(100)).await;
                transport.now()
            })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), Time::secs(n as u64 % 97 + 100));
    }
}
