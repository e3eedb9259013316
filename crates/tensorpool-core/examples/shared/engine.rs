//! An engine for an example: a local one, started as a program of its own. Never the real one: examples order clusters.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Where the engine is. It ends when this is dropped.
pub(crate) struct Engine {
    pub(crate) url: String,
    pub(crate) key: String,
    program: Child,
}

impl Engine {
    /// Starts `tensorpool-emulator`, in which a minute passes in a second.
    pub(crate) fn start() -> Result<Self> {
        let key = "tp-example".to_owned();
        let mut program = Command::new(env!("CARGO"))
            .args([
                "run",
                "-q",
                "-p",
                "tensorpool-emulator",
                "--",
                "--listen",
                "127.0.0.1:0",
                "--time-scale",
                "60",
            ])
            .args(["--key", &key])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = program.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        match line.trim().strip_prefix("listening on ") {
            Some(url) => Ok(Self { url: url.to_owned(), key, program }),
            None => Err("tensorpool-emulator did not start".into()),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nothing can be done about a program that is gone already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Which of `names` are among the crates that `package` and its examples are built from.
#[allow(dead_code, reason = "not every example asks")]
pub(crate) fn in_tree(package: &str, names: &[&str]) -> Result<Vec<String>> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "-q", "-p", package, "-e", "normal,dev", "--prefix", "none", "--format", "{p}"])
        .output()?;
    if !tree.status.success() {
        return Err(String::from_utf8_lossy(&tree.stderr).into());
    }
    let tree = String::from_utf8(tree.stdout)?;
    let mut crates: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    crates.sort_unstable();
    crates.dedup();
    assert!(crates.contains(&package), "cargo tree says nothing of {package}");
    Ok(crates.into_iter().filter(|name| names.contains(name)).map(str::to_owned).collect())
}
