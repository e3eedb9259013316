//! An engine that fails everyone is not hit harder for it.

use std::collections::BinaryHeap;

use tensorpool_core::Time;
use tensorpool_core::api::cluster::ListClusters;
use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::http::Response;

use crate::transcript::context;

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
                let busy = Response::builder().status(503).body("busy".into()).unwrap();
                calls[at].handle(now, Input::Response(busy));
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
