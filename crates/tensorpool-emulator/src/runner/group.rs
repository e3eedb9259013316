//! `Group`: a process group that ends with whoever holds it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tensorpool_core::JobId;
use tokio::process::{Child, Command};

/// Leads the group: it outlives a polite request to end, and takes the group with it when nobody holds its input any
/// more, which is so even after the emulator was killed. As long as it is not waited for, no other group can have the
/// group's number.
const KEEPER: &str = "trap '' HUP INT TERM; read -r _; kill -KILL 0";

/// A process group. Dropped, everybody in it is killed.
#[derive(Debug)]
pub(super) struct Group {
    keeper: Child,
    id: Pid,
}

impl Group {
    pub(super) fn new() -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = clean(&mut command).process_group(0).spawn()?;
        let id = keeper.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let id = id.ok_or_else(|| io::Error::other("the group's keeper has ended"))?;
        Ok(Self { keeper, id })
    }

    /// Starts one command of a job in the group.
    pub(super) fn spawn(
        &self,
        command: &str,
        job: &JobId,
        folder: &Path,
        output: &OwnedFd,
    ) -> io::Result<Child> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command).current_dir(folder).stdin(Stdio::null());
        shell.stdout(output.try_clone()?).stderr(output.try_clone()?);
        clean(&mut shell).env("HOME", folder).env("LANG", "C.UTF-8").env("TP_JOB_ID", job.as_str());
        shell.process_group(self.id.as_raw_nonzero().get()).spawn()
    }

    /// Asks everybody in it to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends everybody in it.
    pub(super) async fn kill(mut self) {
        self.signal(Signal::KILL);
        // Nothing but its end is expected of it.
        let _ = self.keeper.wait().await;
    }

    fn signal(&self, signal: Signal) {
        if self.keeper.id().is_some() {
            // If there is nobody left, that is what was wanted.
            let _ = kill_process_group(self.id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Of the emulator's environment a job gets the path and nothing else: it may hold keys.
fn clean(command: &mut Command) -> &mut Command {
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
}

/// An exit code as a shell has it: 128 and the signal for what was killed.
pub(super) fn code(status: ExitStatus) -> i64 {
    use std::os::unix::process::ExitStatusExt as _;
    let killed = || status.signal().map_or(255, |signal| 128 + signal);
    i64::from(status.code().unwrap_or_else(killed))
}
