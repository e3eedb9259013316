//! `cargo xtask fuzz`: libFuzzer against the targets of `tests/targets`, each for a while.

use anyhow::{Context, Result, ensure};

use crate::project::Project;

const DIR: &str = "tests/fuzz";

/// Fuzz one target, or each in turn; needs cargo-fuzz
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A directory of tests/fuzz/corpus; without it, all of them
    target: Option<String>,
    /// How long each is fuzzed
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    ensure!(project.has_cargo_tool("fuzz"), "cargo-fuzz is missing: cargo install cargo-fuzz --locked");
    let corpus = project.root().join(DIR).join("corpus");
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&corpus)? {
        targets.push(entry?.file_name().to_string_lossy().into_owned());
    }
    targets.sort_unstable();
    if let Some(only) = &args.target {
        ensure!(targets.contains(only), "there is no target {only}; there are: {}", targets.join(", "));
        targets.retain(|target| target == only);
    }
    for target in &targets {
        let found = format!("{DIR}/found/{target}");
        std::fs::create_dir_all(project.root().join(&found))?;
        let fuzz = project.cargo().args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", DIR, "any"]);
        let fuzz = fuzz.args([&found, &format!("{DIR}/corpus/{target}")]);
        let fuzz = fuzz.args(["--", &format!("-max_total_time={}", args.seconds)]);
        // Instrumentation is a nightly feature; nothing of ours is unsafe, so no sanitizer has anything to find.
        let fuzz = fuzz.env("RUSTC_BOOTSTRAP", "1").env("TENSORPOOL_FUZZ_TARGET", target);
        fuzz.run().with_context(|| format!("{target} found something, see {DIR}/artifacts"))?;
    }
    Ok(())
}
