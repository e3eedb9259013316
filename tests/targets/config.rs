//! The `.tp.toml`: what is accepted is written out the same, what is not has findings with places in the text.

use tensorpool_core::job_config::JobConfig;

pub(super) fn tp_toml(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    match JobConfig::parse(text) {
        Ok(config) => {
            assert!(!config.commands.is_empty() && !config.explain().is_empty());
            assert!(config.warnings().iter().all(|warning| !warning.report("x").is_empty()));
            // Not a number is not equal to itself.
            if !format!("{:?}", config.extra).contains("NaN") {
                assert_eq!(JobConfig::parse(&config.to_toml()).unwrap(), config);
            }
            true
        }
        Err(error) => {
            assert!(error.errors().count() > 0);
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            let report = error.report();
            assert!(!report.contains(|c: char| c.is_control() && c != '\n'), "{report:?}");
            for finding in error.findings() {
                let line = text.split('\n').nth(finding.position().line - 1).expect("a line of the text");
                assert!(finding.position().column <= line.chars().count() + 1, "{finding}");
            }
            false
        }
    }
}
