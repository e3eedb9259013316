//! The official client: installed once, run in an empty environment, its answers counted.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use super::engine::{Engine, KEY};
use crate::project::Project;

/// The version whose behaviour the emulator answers to.
const VERSION: &str = "0.0.9";
/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The official client in a virtual environment of its own.
pub(super) struct Official {
    venv: PathBuf,
}

impl Official {
    /// Installs it below cargo's target directory, unless it is there already.
    pub(super) fn install(project: &Project) -> Result<Self> {
        let venv = project.target()?.join("interop-venv");
        let official = Self { venv };
        if !official.works() {
            let (venv, python) = (&official.venv, official.bin("python"));
            let sh = project.sh();
            sh.remove_path(venv)?;
            cmd!(sh, "python3 -m venv {venv}")
                .run()
                .context("cannot make a virtual environment; install python3-venv")?;
            let package = format!("tensorpool=={VERSION}");
            cmd!(sh, "{python} -m pip install --quiet --disable-pip-version-check {package}").run()?;
            if !official.works() {
                bail!("{package} is installed, but its `tp` does not run; look into {}", venv.display());
            }
        }
        Ok(official)
    }

    pub(super) fn bin(&self, name: &str) -> PathBuf {
        self.venv.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(name)
    }

    /// An installation that was cut short does not.
    fn works(&self) -> bool {
        let output = Command::new(self.bin("tp")).arg("--version").stdin(Stdio::null()).output();
        output.is_ok_and(|o| o.status.success() && String::from_utf8_lossy(&o.stdout).trim() == VERSION)
    }
}

/// Runs commands of the official client and keeps the score.
pub(super) struct Client {
    official: Official,
    engine: String,
    key: &'static str,
    home: PathBuf,
    verbose: bool,
    passed: usize,
    failed: usize,
}

impl Client {
    /// `scratch` becomes home and working directory: nothing of the user's is read or written.
    pub(super) fn new(official: Official, engine: &Engine, scratch: &Path, verbose: bool) -> Result<Self> {
        let home = scratch.join("home");
        std::fs::create_dir(&home)?;
        Ok(Self { official, engine: engine.url().to_owned(), key: KEY, home, verbose, passed: 0, failed: 0 })
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// From now on with this token.
    pub(super) fn use_key(&mut self, key: &'static str) {
        self.key = key;
    }

    /// How many checks passed and failed.
    pub(super) fn score(&self) -> (usize, usize) {
        (self.passed, self.failed)
    }

    /// Runs a command that must succeed and say all of these things; returns what it printed.
    pub(super) fn ok(&mut self, command: &str, says: &[&str]) -> Result<String> {
        self.expect(command, 0, says)
    }

    /// Runs a command that must be refused (the official client then exits with 1) and say all of these things.
    pub(super) fn refused(&mut self, command: &str, says: &[&str]) -> Result<String> {
        self.expect(command, 1, says)
    }

    /// Counts something that must be so, beside a command's own answer.
    pub(super) fn check(&mut self, what: &str, is: bool) {
        self.count(what, if is { Vec::new() } else { vec!["is not so".to_owned()] }, "");
    }

    fn expect(&mut self, command: &str, code: i32, says: &[&str]) -> Result<String> {
        let (status, output) = self.run(command)?;
        let refused = if code == 0 { "" } else { " (refused)" };
        self.count(&format!("tp {command}{refused}"), wrong(status.code(), &output, code, says), &output);
        Ok(output)
    }

    fn count(&mut self, what: &str, wrong: Vec<String>, output: &str) {
        if wrong.is_empty() {
            self.passed += 1;
            println!("ok    {what}");
        } else {
            self.failed += 1;
            println!("FAIL  {what}: {}", wrong.join(", "));
        }
        if self.verbose || !wrong.is_empty() {
            for line in output.lines() {
                println!("      | {line}");
            }
        }
    }

    /// Runs one command to its end; its output goes through a file, so that a full pipe cannot stop it.
    fn run(&self, command: &str) -> Result<(ExitStatus, String)> {
        let path = self.home.with_extension("output");
        let output = File::create(&path)?;
        let mut child = Command::new(self.official.bin("tp"))
            .args(command.split_whitespace())
            .current_dir(&self.home)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|value| ("PATH", value)))
            .env("HOME", &self.home)
            .env("PYTHONIOENCODING", "utf-8")
            .env("TENSORPOOL_ENGINE", &self.engine)
            .env("TENSORPOOL_KEY", self.key)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start the official client")?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if start.elapsed() > LIMIT {
                child.kill()?;
                child.wait()?;
                let said = std::fs::read_to_string(&path)?;
                bail!("`tp {command}` did not end in {} s; it said:\n{said}", LIMIT.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Ok((status, String::from_utf8_lossy(&std::fs::read(&path)?).into_owned()))
    }
}

/// What the client says when it did not get an answer that it understands. It then ends as if it had been refused.
const LOST: &[&str] = &[
    "Traceback",
    "Cannot reach",
    "Unexpected error",
    "Failed to decode",
    "malformed response",
    "Malformed server response",
];

/// What is wrong with how a command ended.
fn wrong(ended: Option<i32>, output: &str, code: i32, says: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended != Some(code) {
        let ended = ended.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        wrong.push(format!("ended with {ended}, not with {code}"));
    }
    let lower = output.to_lowercase();
    wrong.extend(LOST.iter().filter(|s| output.contains(**s)).map(|s| format!("says {s:?}")));
    wrong.extend(
        says.iter().filter(|s| !lower.contains(&s.to_lowercase())).map(|s| format!("does not say {s:?}")),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn a_command_is_right_only_if_its_code_and_its_words_are() {
        let none: [&str; 0] = [];
        assert_eq!(wrong(Some(0), "* Waiting\nCluster c-1 is RUNNING", 0, &["c-1", "running"]), none);
        assert_eq!(wrong(Some(1), "deletion protection is on", 1, &["protection"]), none);
        assert_eq!(wrong(Some(1), "no", 0, &[]), ["ended with 1, not with 0"]);
        assert_eq!(wrong(None, "", 0, &[]), ["ended with a signal, not with 0"]);
        assert_eq!(wrong(Some(0), "Cluster c-2", 0, &["c-1"]), ["does not say \"c-1\""]);
    }

    #[test]
    fn a_client_that_is_lost_was_not_refused() {
        for output in ["Traceback (most recent call last):", "Cannot reach the TensorPool."] {
            assert_eq!(wrong(Some(1), output, 1, &[]).len(), 1, "{output}");
        }
    }
}
