//! What a command is judged by: what it is for, and what the caller knows about it.

use std::path::Path;

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Push,
    Pull,
    Login,
}

/// What a command is for, and what the caller already knows about it.
#[derive(Clone, Debug)]
pub struct Rules {
    purpose: Purpose,
    dir: Option<String>,
    private_key: Option<String>,
    known_hosts: Option<String>,
    hosts: Vec<String>,
    unverified_hosts: bool,
}

impl Rules {
    fn new(purpose: Purpose, dir: Option<&Path>) -> Self {
        Self {
            purpose,
            dir: dir.and_then(Path::to_str).map(str::to_owned),
            private_key: None,
            known_hosts: None,
            hosts: Vec::new(),
            unverified_hosts: false,
        }
    }

    /// An upload from `dir`: rsync, whose sources are inside it and whose destination is remote.
    ///
    /// Relative paths in the command mean this directory, so the command has to be run in it. Absolute ones are accepted
    /// only if `dir` is absolute, UTF-8, without `..`, and has them inside.
    #[must_use]
    pub fn push(dir: impl AsRef<Path>) -> Self {
        Self::new(Purpose::Push, Some(dir.as_ref()))
    }

    /// A download into `dir`: rsync, once, whose sources are remote and whose destination is `dir` itself.
    ///
    /// Relative and absolute paths are as for [`push`](Self::push). A place below `dir` is refused: it may be a link that an
    /// earlier download brought. For the same reason the run must start in a directory whose links the caller trusts.
    /// A `dir` in a repository's `.git` is refused. One that *has* a `.git` is not, and the other machine can write into that:
    /// give downloads a directory of their own.
    #[must_use]
    pub fn pull(dir: impl AsRef<Path>) -> Self {
        Self::new(Purpose::Pull, Some(dir.as_ref()))
    }

    /// A login: ssh to one host, without a remote command.
    #[must_use]
    pub fn ssh() -> Self {
        Self::new(Purpose::Login, None)
    }

    /// The private key the caller offers; by default none.
    ///
    /// `job pull` sends its path to the server, which writes it into the command (contract §3.4). Besides this path, word
    /// for word, a command may name `~/.ssh/` and a name, and no other file.
    #[must_use]
    pub fn private_key(mut self, path: impl Into<String>) -> Self {
        self.private_key = Some(path.into());
        self
    }

    /// A file of known host keys that ssh may read and add to, besides `~/.ssh/known_hosts`; by default none.
    #[must_use]
    pub fn known_hosts(mut self, path: impl Into<String>) -> Self {
        self.known_hosts = Some(path.into());
        self
    }

    /// A host the command may reach, without a user and without brackets; call it again for more. By default, any that is
    /// not this machine by its name or address (`localhost`, `127.0.0.1`, `::1`, …).
    ///
    /// Hosts are compared as text and never resolved, so any other name of this machine, and any machine in its network,
    /// is still among them: where the host is known, name it. Named, this machine may be reached too. Without being named it
    /// is only where rsync talks to a daemon (`rsync://127.0.0.1:8730/module/`), which has no files but those it shares.
    ///
    /// A host to jump through has to be named too.
    #[must_use]
    pub fn remote_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Whether a command may switch off the check of the host's key (`StrictHostKeyChecking=no`,
    /// `UserKnownHostsFile=/dev/null`); by default not.
    ///
    /// Without the check, whoever is between here and the host can read and change everything that is sent.
    #[must_use]
    pub fn unverified_hosts(mut self, allowed: bool) -> Self {
        self.unverified_hosts = allowed;
        self
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(super) fn dir(&self) -> Option<&str> {
        self.dir.as_deref()
    }

    pub(super) fn is_private_key(&self, path: &str) -> bool {
        self.private_key.as_deref() == Some(path)
    }

    pub(super) fn is_known_hosts(&self, path: &str) -> bool {
        self.known_hosts.as_deref() == Some(path)
    }

    pub(super) fn allows_unverified_hosts(&self) -> bool {
        self.unverified_hosts
    }

    pub(super) fn names_hosts(&self) -> bool {
        !self.hosts.is_empty()
    }

    pub(super) fn allows_host(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}
