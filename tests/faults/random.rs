//! Two faults in the way of one call, drawn at random from a seed that is told.

use fastrand::Rng;

use crate::calls::{CALLS, Call};
use crate::faults::{ROWS, Row};
use crate::pairs::bodies;
use crate::run::{Report, lies, report, survives};
use crate::world::World;

const SCHEDULES: u64 = 20_000;
/// Set to the seed of a failure, it runs that schedule alone and says what happens.
const ONE: &str = "TP_FAULT_SEED";
/// How many schedules, in place of the small set that is always run.
const MANY: &str = "TP_FAULT_SCHEDULES";
/// The seed of the first of them; each other one's is one more.
const FIRST: &str = "TP_FAULT_FIRST";

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// One schedule; the same seed is the same schedule.
fn schedule(seed: u64) -> (&'static Call, [&'static Row; 2], Report) {
    let mut rng = Rng::with_seed(seed);
    let call = &CALLS[rng.usize(..CALLS.len())];
    let faults = [&ROWS[rng.usize(..ROWS.len())], &ROWS[rng.usize(..ROWS.len())]];
    let (resource, _) = call.name.split_once('.').unwrap();
    let world = World::new(rng.u64(..1_000));
    let report = report(call, &world, &faults, bodies()[call.name], |world| world.digest_about(resource));
    (call, faults, report)
}

/// What is wrong with a schedule.
fn wrong(call: &Call, faults: &[&'static Row; 2], report: &Report) -> Vec<String> {
    let mut found = lies(call, report, faults);
    if report.fired[0] != 1 || report.fired[1] > 1 {
        found.push(format!("the faults happened {:?} times", report.fired));
    }
    // A call that one fault ended never met the other.
    if report.fired[1] == 0 && !faults[0].ends(call.meta(), bodies()[call.name]).holds(report) {
        found.push(format!("the first fault ended it, but otherwise than alone: {:?}", report.outcome));
    }
    found
}

/// In how many of these both faults happened, and what is wrong with them.
fn run(seeds: impl Iterator<Item = u64>) -> (u64, Vec<String>) {
    let (mut both, mut found) = (0, Vec::new());
    for seed in seeds {
        let (call, faults, report) = match survives(|| schedule(seed)) {
            Ok(met) => met,
            Err(panic) => {
                found.push(format!("{ONE}={seed}: {panic}"));
                continue;
            }
        };
        both += u64::from(report.fired[1] == 1);
        let named = format!("{ONE}={seed}: {} × {} × {}", call.name, faults[0].name, faults[1].name);
        found.extend(wrong(call, &faults, &report).into_iter().map(|lie| format!("{named}: {lie}")));
    }
    (both, found)
}

#[test]
fn two_faults_in_a_row_are_told_truthfully_too() {
    if let Ok(seed) = std::env::var(ONE) {
        let (call, faults, report) = schedule(seed.parse().unwrap());
        let (outcome, applied, seen, fired) = (&report.outcome, report.applied, report.seen, &report.fired);
        println!("{} × {} × {}", call.name, faults[0].name, faults[1].name);
        println!("applied {applied}, seen {seen}, fired {fired:?}: {outcome:?}");
        assert_eq!(wrong(call, &faults, &report), Vec::<String>::new());
        return;
    }
    let (schedules, first) = (number(MANY, SCHEDULES), number(FIRST, 0));
    let started = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let (mut both, mut found) = (0, Vec::new());
    let step = usize::try_from(threads).unwrap();
    std::thread::scope(|scope| {
        let share = move |thread| (first + thread..first + schedules).step_by(step);
        let working: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(share(thread)))).collect();
        for (met, lies) in working.into_iter().map(|thread| thread.join().unwrap()) {
            both += met;
            found.extend(lies);
        }
    });
    #[allow(clippy::cast_precision_loss, reason = "a rate to be read")]
    let rate = schedules as f64 / started.elapsed().as_secs_f64();
    println!(
        "proof: two faults in a row are told truthfully | {schedules} schedules from seed {first}, {both} of which met \
         both, {rate:.0} a second, {} wrong | cargo xtask faults --schedules {schedules} --seed {first}",
        found.len(),
    );
    assert!(found.is_empty(), "{} are wrong:\n{}", found.len(), found.join("\n"));
    assert!(both > schedules / 5, "two faults met in {both} schedules only");
}
