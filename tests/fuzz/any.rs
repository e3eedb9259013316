//! One program for all targets: `TENSORPOOL_FUZZ_TARGET` names the one to give the data to.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tensorpool_tests::targets::{ALL, Target};

static TARGET: OnceLock<Target> = OnceLock::new();

fn target() -> Target {
    let name = std::env::var("TENSORPOOL_FUZZ_TARGET").unwrap_or_default();
    match ALL.iter().find(|(known, _)| *known == name) {
        Some((_, target)) => *target,
        None => panic!("TENSORPOOL_FUZZ_TARGET is {name:?}, which is no target"),
    }
}

fuzz_target!(|data: &[u8]| {
    TARGET.get_or_init(target)(data);
});
