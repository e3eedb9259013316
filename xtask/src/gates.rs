//! `cargo xtask gates`: the rules of the architecture that no compiler knows.

mod features;
mod files;
mod transports;
mod tree;

use anyhow::{Result, bail};

use crate::project::Project;

/// What a gate has to say.
enum Verdict {
    /// It was looked at, and these are the breaches.
    Checked(Vec<String>),
    /// It could not be looked at on this machine, for this reason.
    Skipped(&'static str),
}

type Gate = (&'static str, fn(&Project) -> Result<Verdict>);

const GATES: &[Gate] = &[
    ("core's dependencies are those of the list", tree::allowed),
    ("no runtime, TLS or HTTP client is under core", tree::pure),
    ("siblings are pinned to each other exactly", tree::pinned),
    ("core compiles for wasm", tree::wasm),
    ("a transport brings only itself", transports::lean),
    ("features compile alone, not at all, and all together", features::compile),
    ("every package takes the workspace's lints", files::lints),
    ("the top level is the agreed one", files::top_level),
    ("no file names a path of a developer's machine", files::paths),
    ("core and client name no HTTP client's and no runtime's types", files::foreign_types),
];

pub(crate) fn run(project: &Project) -> Result<()> {
    let mut breaches = 0;
    for (rule, gate) in GATES {
        match gate(project)? {
            Verdict::Skipped(why) => println!("skip  {rule}: {why}"),
            Verdict::Checked(found) if found.is_empty() => println!("ok    {rule}"),
            Verdict::Checked(found) => {
                println!("FAIL  {rule}");
                for breach in &found {
                    println!("      {breach}");
                }
                breaches += found.len();
            }
        }
    }
    if breaches > 0 {
        bail!(
            "breaches of the architecture's rules: {breaches}; docs/architecture.md says what they are for"
        );
    }
    Ok(())
}
