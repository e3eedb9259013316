//! What holds for every configuration and every text.

use fastrand::Rng;
use tensorpool_core::job_config::JobConfig;

use crate::generate::{config, damaged, scraps};

#[test]
fn what_was_written_is_read_again() {
    let mut rng = Rng::with_seed(0x7e_45);
    let mut with_extra = 0;
    for round in 0..20_000 {
        let config = config(&mut rng);
        with_extra += usize::from(!config.extra.is_empty());
        for text in [config.to_toml(), config.template()] {
            let read =
                JobConfig::parse(&text).unwrap_or_else(|e| panic!("round {round}: {}\n{text}", e.report()));
            assert_eq!(read, config, "round {round}:\n{text}");
        }
    }
    assert!(with_extra > 10_000);
}

/// Reads it, says all there is to say about it, and tells whether it was good.
fn survives(text: &str) -> bool {
    match JobConfig::parse(text) {
        Ok(config) => {
            assert!(!config.commands.is_empty(), "{text:?}");
            assert!(!config.explain().is_empty());
            for warning in config.warnings() {
                assert!(!warning.report("x").is_empty());
            }
            // Not a number is not equal to itself.
            if !format!("{:?}", config.extra).contains("NaN") {
                assert_eq!(JobConfig::parse(&config.to_toml()).unwrap(), config, "{text:?}");
            }
            true
        }
        Err(error) => {
            assert!(error.errors().count() > 0, "{text:?}");
            assert_eq!(error.to_string().lines().count(), 1, "{text:?}: {error}");
            let report = error.report();
            assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{text:?}: {report:?}");
            for finding in error.findings() {
                let line = text.split('\n').nth(finding.position().line - 1).expect("a line of the text");
                assert!(finding.position().column <= line.chars().count() + 1, "{text:?}: {finding}");
            }
            false
        }
    }
}

#[test]
fn no_text_is_too_strange() {
    let mut rng = Rng::with_seed(0x5c_4a);
    let good = (0..100_000).filter(|_| survives(&scraps(&mut rng))).count();
    assert!(good < 100_000, "nothing was wrong");
}

#[test]
fn no_damage_is_too_strange() {
    let mut rng = Rng::with_seed(0xda_3a);
    let good = (0..30_000).filter(|_| survives(&damaged(&mut rng))).count();
    assert!((1_000..29_000).contains(&good), "{good} of 30000 were good");
}

#[test]
fn what_is_nested_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let text = format!("commands = [\"a\"]\nx = {}1{}", open.repeat(20_000), close.repeat(20_000));
        assert!(!survives(&text));
    }
    assert!(!survives(&format!("commands = [\"a\"]\n{}x = 1", "a.".repeat(20_000))));
}
