//! Each route with each fault once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tensorpool_emulator::{Fault, Rule};

use crate::calls::{CALLS, Call};
use crate::faults::{ROWS, Row};
use crate::run::{block_on, lies, report, survives};
use crate::world::World;

/// How many bytes the answer of each route has when nothing goes wrong.
pub(crate) fn bodies() -> &'static BTreeMap<&'static str, usize> {
    static BODIES: OnceLock<BTreeMap<&'static str, usize>> = OnceLock::new();
    BODIES.get_or_init(|| CALLS.iter().map(|call| (call.name, body(call))).collect())
}

fn body(call: &Call) -> usize {
    let (world, bytes) = (World::new(0), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&bytes);
    let count = Fault::change(move |response| {
        counted.store(response.body().len(), Ordering::SeqCst);
        response
    });
    world.transport.script().add(Rule::on(call.name, count));
    block_on(call.name, &world.transport, (call.make)(&world)).unwrap();
    bytes.load(Ordering::SeqCst)
}

/// What is wrong with a route that meets a fault.
fn pair(call: &Call, row: &Row, draws: u64) -> Vec<String> {
    let body = bodies()[call.name];
    let report = report(call, &World::new(draws), &[row], body, World::digest);
    let mut found = lies(call, &report, &[row]);
    if report.fired != [1] {
        found.push(format!("the fault happened {:?} times", report.fired));
    }
    let ends = row.ends(call.meta(), body);
    if !ends.holds(&report) {
        let (outcome, applied) = (&report.outcome, report.applied);
        found.push(format!("it should end {ends:?}, applied {applied}, but: {outcome:?}"));
    }
    found
}

#[test]
fn every_route_meets_every_fault_and_tells_the_truth() {
    let (mut pairs, mut wrong) = (0, Vec::new());
    for call in CALLS {
        for row in ROWS {
            let found = survives(|| pair(call, row, pairs)).unwrap_or_else(|panic| vec![panic]);
            wrong.extend(found.into_iter().map(|lie| format!("{} × {}: {lie}", call.name, row.name)));
            pairs += 1;
        }
    }
    println!("{pairs} pairs of a route and a fault");
    assert!(wrong.is_empty(), "{} of {pairs} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(pairs, 42 * 50);
}
