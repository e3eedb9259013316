//! Runs what the engine asks for on this machine, once it was judged: shown, without a shell, in an environment made anew.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use tensorpool_client::core::command::{Judged, Refusal, Run};
use tensorpool_client::core::session::CommandResult;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Format;

/// `--trust-server-commands`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Trust {
    /// Give what the engine sends to a shell, even what is refused (which else ends with 126), this once: it can then do
    /// anything that you can
    #[arg(long)]
    pub(crate) trust_server_commands: bool,
}

/// What a command the engine sent gets of this machine's environment; never a key.
const VARIABLES: [&str; 18] = [
    "HOME",
    "LANG",
    "LC_ADDRESS",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
    "SSH_AUTH_SOCK",
    "TERM",
    "TMPDIR",
];

/// The code of a program that is not there, as shells say it.
const NOT_FOUND: i64 = 127;

/// How a command is run.
pub(crate) struct Runner<'a> {
    pub(crate) app: &'a App,
    /// The directory that it was judged for.
    pub(crate) dir: &'a Path,
    /// Whether its output is meant to be seen. If it is not, it is seen only where it fails.
    pub(crate) show: bool,
}

impl Runner<'_> {
    /// Runs what was judged, one after another until one fails. `own` says what goes before the words of a run, and to its
    /// standard input.
    ///
    /// Dropping the future ends the program.
    pub(crate) async fn judged(
        &self,
        judged: &Judged,
        own: impl Fn(&Run) -> (Vec<OsString>, Vec<u8>),
    ) -> CommandResult {
        let mut last = CommandResult::new(0, "", "");
        for run in judged.runs() {
            let (before, stdin) = own(run);
            let name = run.program().name();
            let ours: String = before.iter().map(|word| format!(" {}", word.to_string_lossy())).collect();
            let theirs = run.to_string();
            let theirs = theirs.strip_prefix(name).unwrap_or(&theirs);
            self.app.screen.say(&format!("running: {name}{ours}{theirs}"));
            last = match program(name) {
                Some(path) => {
                    let args = before.into_iter().chain(run.args().iter().map(OsString::from));
                    self.start(&path, args, stdin).await
                }
                None => {
                    let why = format!("there is no {name} in PATH; install it");
                    self.app.screen.say(&why);
                    CommandResult::new(NOT_FOUND, "", why)
                }
            };
            if last.exit_code() != 0 {
                break;
            }
        }
        last
    }

    /// Hands the engine's string to a shell, as the user said.
    pub(crate) async fn trusted(&self, text: &str) -> CommandResult {
        self.app.screen.say(&format!("WARNING: running the engine's command in a shell, unjudged: {text}"));
        match program("sh") {
            Some(sh) => self.start(&sh, ["-c", text].map(OsString::from), Vec::new()).await,
            None => CommandResult::new(NOT_FOUND, "", "there is no sh in PATH"),
        }
    }

    /// What is not run, and why; the engine is told the same.
    pub(crate) fn refused(&self, text: &str, refusal: &Refusal) -> CommandResult {
        self.app.screen.say(&format!("the engine asked to run: {text}\n{refusal}; nothing was run"));
        CommandResult::new(CommandResult::REFUSED, "", refusal.to_string())
    }

    async fn start(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = OsString>,
        stdin: Vec<u8>,
    ) -> CommandResult {
        match self.try_start(program, args, stdin).await {
            Ok(result) => result,
            Err(error) => {
                let why = format!("{} cannot be run: {error}", program.display());
                self.app.screen.say(&why);
                CommandResult::new(NOT_FOUND, "", why)
            }
        }
    }

    async fn try_start(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = OsString>,
        stdin: Vec<u8>,
    ) -> io::Result<CommandResult> {
        let mut child = Command::new(program)
            .args(args)
            .current_dir(self.dir)
            .env_clear()
            .envs(environment())
            .stdin(if stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut input) = input {
                // A program that does not read to the end says itself what was wrong.
                let _ = input.write_all(&stdin).await;
            }
        };
        // Where stdout is for data, a program's chatter is not in it.
        let data = self.app.screen.format != Format::Table;
        let stdout = |bytes: &[u8]| {
            if data { terminal(io::stderr(), bytes) } else { terminal(io::stdout(), bytes) }
        };
        let stderr = |bytes: &[u8]| terminal(io::stderr(), bytes);
        let ((), out, err) = tokio::join!(
            feed,
            drain(out, self.show.then_some(stdout)),
            drain(err, self.show.then_some(stderr))
        );
        let (out, err) = (out?, err?);
        let code = code(child.wait().await?);
        if code != 0 && !self.show {
            terminal(io::stderr(), &err);
            terminal(io::stderr(), &out);
        }
        Ok(CommandResult::new(code, out, err))
    }
}

/// Reads to the end, shows it byte for byte as it comes, and keeps as much of its end as is reported.
async fn drain(from: Option<impl AsyncRead + Unpin>, show: Option<impl Fn(&[u8])>) -> io::Result<Vec<u8>> {
    // A few bytes more than are sent, so that it is known to have been cut, and is cut at a character.
    const KEPT: usize = CommandResult::MAX_OUTPUT + 8;
    let (mut tail, mut chunk) = (Vec::new(), vec![0; 16 * 1024]);
    let Some(mut from) = from else { return Ok(tail) };
    loop {
        let n = from.read(&mut chunk).await?;
        let read = chunk.get(..n).unwrap_or_default();
        if read.is_empty() {
            return Ok(tail);
        }
        if let Some(show) = &show {
            show(read);
        }
        tail.extend_from_slice(read);
        if tail.len() > 4 * KEPT {
            tail.drain(..tail.len() - KEPT);
        }
    }
}

/// If nobody reads it any more, the program goes on all the same.
fn terminal(mut to: impl io::Write, bytes: &[u8]) {
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

/// The code a shell would give.
fn code(status: std::process::ExitStatus) -> i64 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return i64::from(128 + signal);
    }
    status.code().unwrap_or(1).into()
}

/// The directories of `PATH`, without those that depend on where one stands: a name in the folder that is pushed is no
/// program of this machine.
fn directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect()
}

/// The program of this name.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    directories().into_iter().map(|dir| dir.join(&name)).find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// All the environment that a command of the engine's gets.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    let path = std::env::join_paths(directories()).ok().map(|path| ("PATH".into(), path));
    let others =
        VARIABLES.iter().filter_map(|name| std::env::var_os(name).map(|value| (OsString::from(name), value)));
    others.chain(path).collect()
}

/// The failure that a refused command is.
pub(crate) fn refusal(why: impl Into<String>) -> Failure {
    let mut failure = Failure::new(Exit::Failed, why)
        .hint("if you trust the engine with this machine, say --trust-server-commands this once");
    failure.code = Some(126);
    failure
}
