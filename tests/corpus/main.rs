//! What fuzzing has found worth keeping is replayed, and changed a little at random: a small part of a long fuzzing run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

use std::path::PathBuf;

use fastrand::Rng;
use tensorpool_tests::targets::{ALL, run};
use tensorpool_tests::{names_in, proof};

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    names_in(&dir).into_iter().map(|name| std::fs::read(dir.join(name)).unwrap()).collect()
}

#[test]
fn every_kept_input_is_replayed() {
    let mut replayed = 0;
    for (target, _) in ALL {
        let corpus = corpus(target);
        let good = corpus.iter().filter(|data| run(target, data)).count();
        assert!(good > 0 && good < corpus.len(), "{target}: {good} of {} are taken for good", corpus.len());
        replayed += corpus.len();
    }
    proof::figure(
        "what fuzzing found is replayed",
        format!("{replayed} inputs, {} targets", ALL.len()),
        "cargo test -p tensorpool-tests --test corpus",
    );
}

#[test]
fn there_is_a_corpus_for_each_target_and_no_other() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let targets: Vec<_> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in(&dir), targets);
}

/// An input with a few bytes changed, cut, doubled, or taken from another.
fn changed(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(1..5) {
        let at = rng.usize(..=data.len());
        match rng.u8(..5) {
            0 => data.truncate(at),
            1 => data.insert(at, rng.u8(..)),
            2 if at < data.len() => data[at] ^= 1 << rng.u8(..8),
            3 if at < data.len() => drop(data.remove(at)),
            _ => {
                let other = &corpus[rng.usize(..corpus.len())];
                let from = rng.usize(..=other.len());
                data.splice(at..at, other[from..].iter().take(20).copied());
            }
        }
    }
    data
}

#[test]
fn changes_of_kept_inputs_break_nothing() {
    let each = proof::count(10_000, 200_000);
    for (target, _) in ALL {
        let (corpus, mut rng) = (corpus(target), Rng::with_seed(6));
        let good = (0..each).filter(|_| run(target, &changed(&mut rng, &corpus))).count();
        assert!(good > 0 && good < each, "{target}: {good} of {each} are taken for good");
    }
    proof::figure(
        "changed inputs break nothing",
        format!("{each} for each of {} targets", ALL.len()),
        "cargo test -p tensorpool-tests --test corpus",
    );
}
