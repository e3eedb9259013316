//! An engine that fails everyone is not hit harder for it.

use std::collections::BinaryHeap;

use tensorpool_core::Time;
use tensorpool_core::api::cluster::ListClusters;
use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::http::Response;

use crate::transcript::context;

/// What an engine answers that fails everyone.
fn busy() -> Input {
    Input::Response(Response::builder().status(503).body("busy".into()).unwrap())
}

#[test]
fn a_thousand_callers_of_a_failing_engine_send_little_more_than_a_thousand_requests() {
    let budget = RetryBudget::new();
    let mut calls: Vec<_> = (0..1_000)
        .map(|seed| {
            Call::new(&context(), ListClusters::new(), RetryPolicy::default(), budget.clone(), seed).unwrap()
        })
        .collect();
    let mut due: BinaryHeap<_> =
        (0..1_000).map(|at| (std::cmp::Reverse(Time::millis(at as u64)), at)).collect();
    let mut sent = 0_u32;
    let mut ended = 0;
    while let Some((std::cmp::Reverse(now), at)) = due.pop() {
        assert!(now < Time::secs(60), "all calls end within their deadline");
        match calls[at].poll(now) {
            Action::Send(_) => {
                sent += 1;
                calls[at].handle(now, busy());
                due.push((std::cmp::Reverse(now), at));
            }
            Action::WaitUntil(until) => due.push((std::cmp::Reverse(until), at)),
            _ => ended += 1,
        }
    }
    assert_eq!(ended, 1_000);
    assert_eq!(sent, 1_100, "1.1 requests a call: the full budget's 100 retries, and no more");
    assert_eq!(budget.retries_left(), 0, "the fault fired");
}

#[test]
fn callers_that_never_give_up_send_one_request_a_call_once_the_budget_is_empty() {
    let budget = RetryBudget::new();
    let begin = |seed| {
        Call::new(&context(), ListClusters::new(), RetryPolicy::default(), budget.clone(), seed).unwrap()
    };
    let mut calls: Vec<_> = (0..1_000).map(begin).collect();
    let mut due: BinaryHeap<_> =
        (0..1_000).map(|at| (std::cmp::Reverse(Time::millis(at as u64)), at)).collect();
    let (mut sent, mut ended, mut seed) = (0_u32, 0_u32, 1_000);
    let mut drained = None;
    while let Some((std::cmp::Reverse(now), at)) = due.pop() {
        if now >= Time::secs(60) {
            continue;
        }
        if budget.retries_left() == 0 {
            drained.get_or_insert((sent, ended));
        }
        match calls[at].poll(now) {
            Action::Send(_) => {
                sent += 1;
                calls[at].handle(now, busy());
                due.push((std::cmp::Reverse(now), at));
            }
            Action::WaitUntil(until) => due.push((std::cmp::Reverse(until), at)),
            _ => {
                ended += 1;
                seed += 1;
                calls[at] = begin(seed);
                due.push((std::cmp::Reverse(now + std::time::Duration::from_secs(1)), at));
            }
        }
    }
    let (sent_before, ended_before) = drained.expect("the budget runs dry");
    let (requests, calls) = (sent - sent_before, ended - ended_before);
    let each = f64::from(requests) / f64::from(calls);
    println!(
        "proof: a failing engine is not hit harder | {requests} requests for {calls} calls of 1000 callers in 60 s of 503 \
         after the budget: {each:.3} a call | cargo test -p tensorpool-tests --test flow -- --nocapture callers"
    );
    assert!(calls > 50_000, "the storm lasted: {calls}");
    assert!(each <= 1.2, "{each} requests a call");
}

#[test]
fn a_retry_after_is_a_floor_in_every_form_and_nothing_sleeps_past_its_deadline() {
    let mut rng = fastrand::Rng::with_seed(6);
    let (mut waited, mut given_up, mut odd) = (0, 0, 0);
    for seed in 0..10_000 {
        let seconds = rng.u64(..200);
        let (value, asks) = match rng.u8(..5) {
            0 => (seconds.to_string(), Some(seconds)),
            1 => (format!(" {seconds}\t").trim().to_owned(), Some(seconds)),
            2 => ((0..rng.usize(..12)).map(|_| rng.alphanumeric()).collect(), None),
            3 => (format!("-{seconds}.5"), None),
            _ => (format!("{}", u128::MAX - u128::from(seconds)), None),
        };
        let policy = RetryPolicy::default();
        let deadline = Time::ZERO + policy.deadline.unwrap();
        let mut call = Call::new(&context(), ListClusters::new(), policy, RetryBudget::new(), seed).unwrap();
        let (mut now, mut last, mut sent) = (Time::ZERO, None, 0);
        loop {
            match call.poll(now) {
                Action::Send(out) => {
                    assert!(now + out.limit <= deadline, "{value:?}: an attempt past the deadline");
                    if let (Some(last), Some(asks)) = (last, asks) {
                        let floor = std::time::Duration::from_secs(asks);
                        assert!(
                            now.since(last) >= floor,
                            "{value:?}: asked again after {:?}",
                            now.since(last)
                        );
                    }
                    (last, sent) = (Some(now), sent + 1);
                    let busy = Response::builder().status(429).header("retry-after", value.as_str());
                    call.handle(now, Input::Response(busy.body("busy".into()).unwrap()));
                }
                Action::WaitUntil(until) => {
                    assert!(until <= deadline, "{value:?}: sleeps until {until:?}");
                    now = until;
                }
                _ => break,
            }
        }
        match (asks, sent) {
            (None, _) => odd += 1,
            (Some(asks), 1) => {
                given_up += 1;
                assert!(asks >= 120, "{value:?}: given up although there was time");
            }
            (Some(asks), _) => {
                waited += 1;
                assert!(asks < 120, "{value:?}: waited in vain");
            }
        }
    }
    println!(
        "proof: Retry-After is honoured and no sleep passes the deadline | 10000 random forms: {waited} waited for, \
         {given_up} too long and told at once, {odd} odd | cargo test -p tensorpool-tests --test flow -- --nocapture retry_after"
    );
    assert!(waited > 1_000 && given_up > 1_000 && odd > 4_000);
}
