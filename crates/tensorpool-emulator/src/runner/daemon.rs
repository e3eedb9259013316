//! `Daemon`: rsync's own server, one process for each connection, on loopback.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tensorpool_core::JobId;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::{JoinHandle, JoinSet};

use super::Scratch;
use crate::routes::pull::quoted;

/// Listens for rsync clients. The listening socket is the emulator's own and rsync serves what it accepts, as it does
/// under inetd: so nothing is left listening when the emulator ends, however it ends.
#[derive(Debug)]
pub(super) struct Daemon {
    port: u16,
    modules: Modules,
    accepting: Option<JoinHandle<()>>,
}

/// What can be reached, by job; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Modules {
    scratch: Scratch,
    /// In the name of every module, so that others on this machine do not guess it.
    nonce: String,
    open: Arc<Mutex<BTreeMap<JobId, String>>>,
}

impl Daemon {
    pub(super) async fn start(scratch: Scratch) -> io::Result<Self> {
        is_installed().await?;
        std::fs::create_dir(scratch.path().join("jobs"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        // The standard library seeds its hash maps from the operating system.
        let nonce = format!("{:016x}", RandomState::new().hash_one(port));
        let modules = Modules { scratch, nonce, open: Arc::default() };
        modules.write(&BTreeMap::new())?;
        let accepting = tokio::spawn(accept(listener, modules.clone()));
        Ok(Self { port, modules, accepting: Some(accepting) })
    }

    pub(super) fn modules(&self) -> Modules {
        self.modules.clone()
    }

    /// Lets the job's folder be uploaded into; returns the command that does it.
    pub(super) fn receive(&self, job: &JobId, folder: &Path, ignore: &[String]) -> io::Result<String> {
        let module = format!("read only = no\nwrite only = yes\npath = {}\n", folder.display());
        self.modules.open(job, module)?;
        let excludes: String = ignore.iter().map(|pattern| format!(" {}", exclude(pattern))).collect();
        Ok(format!("rsync -az --stats{excludes} ./ {}", self.url(job)))
    }

    /// Lets the job's outputs be fetched while it runs; returns the command that does it.
    pub(super) fn serve(&self, job: &JobId, folder: &Path, outputs: &[String]) -> io::Result<String> {
        let filter = folder.with_extension("filter");
        std::fs::write(&filter, rules(outputs))?;
        let (path, filter) = (folder.display(), filter.display());
        let module = format!("read only = yes\npath = {path}\nexclude from = {filter}\n");
        self.modules.open(job, module)?;
        Ok(format!("rsync -az --stats {} ./", self.url(job)))
    }

    pub(super) async fn stop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // It ends by being aborted, which is an error to a handle.
            let _ = accepting.await;
        }
    }

    fn url(&self, job: &JobId) -> String {
        format!("rsync://127.0.0.1:{}/{}/", self.port, self.modules.name(job))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

impl Modules {
    /// From now on nothing of the job can be reached.
    pub(super) fn close(&self, job: &JobId) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(job);
        self.write(&open)
    }

    fn open(&self, job: &JobId, module: String) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(job.clone(), module);
        self.write(&open)
    }

    fn name(&self, job: &JobId) -> String {
        format!("{job}-{}", self.nonce)
    }

    fn config(&self) -> PathBuf {
        self.scratch.path().join("rsyncd.conf")
    }

    /// Each connection reads it anew, so it is replaced in one step.
    fn write(&self, open: &BTreeMap<JobId, String>) -> io::Result<()> {
        let mut text = String::from(
            // Links are stored so that they lead nowhere until the job starts: no upload can follow one out.
            "use chroot = no\nmunge symlinks = yes\nlist = no\nhosts allow = 127.0.0.1\nreverse lookup = no\n",
        );
        // Otherwise a daemon of root's becomes nobody, who may not write here. Writing to a string cannot fail.
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        if user.is_root() {
            let _ = writeln!(text, "uid = {}\ngid = {}", user.as_raw(), group.as_raw());
        }
        let _ = writeln!(text, "log file = {}", self.scratch.path().join("rsyncd.log").display());
        for (job, module) in open {
            let _ = write!(text, "[{}]\n{module}", self.name(job));
        }
        let new = self.config().with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::rename(new, self.config())
    }
}

/// Serves whoever connects. Aborted, it kills what it has started.
async fn accept(listener: TcpListener, modules: Modules) {
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(server) = server(stream, peer, &modules.config()) {
                        serving.spawn(server);
                    }
                }
                // Too many open files pass.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = serving.join_next() => {}
        }
    }
}

/// One rsync for one connection. If it cannot be started, the client sees the connection closed.
fn server(
    stream: TcpStream,
    peer: SocketAddr,
    config: &Path,
) -> Option<impl Future<Output = ()> + Send + 'static> {
    if !peer.ip().is_loopback() {
        return None;
    }
    let stream = stream.into_std().ok()?;
    stream.set_nonblocking(false).ok()?;
    let mut child = rsync()
        .arg("--daemon")
        .arg("--config")
        .arg(config)
        .stdin(Stdio::from(OwnedFd::from(stream)))
        .spawn()
        .ok()?;
    Some(async move {
        // How it ended is the client's to say.
        let _ = child.wait().await;
    })
}

fn rsync() -> Command {
    let mut command = Command::new("rsync");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    // Ctrl-C in a terminal is for the emulator, which ends its children itself.
    command.process_group(0);
    command
}

async fn is_installed() -> io::Result<()> {
    let hint = "rsync is needed to run jobs; install it, for example with `apt-get install rsync` or \
                `brew install rsync`";
    match rsync().arg("--version").status().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(io::Error::other(format!("`rsync --version` fails ({status}); {hint}"))),
        Err(error) => Err(io::Error::new(error.kind(), format!("{error}: {hint}"))),
    }
}

/// One `--exclude` option as a word for a POSIX shell.
fn exclude(pattern: &str) -> String {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    // rsync takes these for rules of their own, unless the rule is spelled out.
    let marked = pattern.starts_with("+ ") || pattern.starts_with("- ") || pattern.starts_with('!');
    let rule = if marked { format!("- {pattern}") } else { pattern.to_owned() };
    format!("--exclude={}", quoted(&rule))
}

/// rsync's rules for showing a job's outputs and nothing else.
fn rules(outputs: &[String]) -> String {
    let mut rules = String::new();
    for output in outputs {
        let parts: Vec<&str> = output.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let mut path = String::new();
        for (place, part) in parts.iter().enumerate() {
            path = format!("{path}/{part}");
            // A directory that leads to an output, or the output itself with everything in it. A string takes it all.
            let _ = match place + 1 == parts.len() {
                false => writeln!(rules, "+ {path}/"),
                true => writeln!(rules, "+ {path}\n+ {path}/***"),
            };
        }
    }
    rules + "- *\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_patterns_are_literal_words() {
        for (pattern, word) in [
            (".venv", "--exclude=.venv"),
            ("./data/", "--exclude=data/"),
            ("*.pyc", "--exclude='*.pyc'"),
            ("a b", "--exclude='a b'"),
            ("it's", r"--exclude='it'\''s'"),
            ("$(id)", "--exclude='$(id)'"),
            ("-rf", "--exclude=-rf"),
            ("- a", "--exclude='- - a'"),
            ("+ a", "--exclude='- + a'"),
            ("!", "--exclude='- !'"),
        ] {
            assert_eq!(exclude(pattern), word, "{pattern}");
        }
    }

    #[test]
    fn only_outputs_and_the_way_to_them_are_shown() {
        let outputs = ["out/".to_owned(), "./a/b/*.pt".to_owned()];
        assert_eq!(
            rules(&outputs),
            "+ /out\n+ /out/***\n+ /a/\n+ /a/b/\n+ /a/b/*.pt\n+ /a/b/*.pt/***\n- *\n"
        );
        assert_eq!(rules(&[]), "- *\n");
    }
}
