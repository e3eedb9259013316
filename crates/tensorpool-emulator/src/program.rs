//! `Program`: the engine as a program: what it takes, and how it runs until it is told to end.

use std::io;
use std::net::SocketAddr;

use clap::Args;

use crate::config::Config;
use crate::emulator::Emulator;
use crate::server::{Server, ServerOptions};

/// The key for those who choose none; it opens nothing that other machines reach.
const LOCAL_KEY: &str = "tp-local";

/// What the program `tensorpool-emulator` takes, for programs that have it as a command of their own.
// Its `Debug` would show the key, so it has none of its own.
#[derive(Args)]
#[non_exhaustive]
pub struct Program {
    /// Where to listen; port 0 is any free port. An address that other machines reach needs --key.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The key that clients must give; `tp-local` by default.
    #[arg(long, value_name = "KEY", env = "TENSORPOOL_EMULATOR_KEY", hide_env_values = true)]
    key: Option<String>,
    /// How fast time passes: at 60, a cluster is up in one and a half seconds.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    time_scale: f64,
    /// The balance to begin with, USD.
    #[arg(long, value_name = "USD", default_value_t = 1000.0)]
    balance: f64,
    /// Decides ids and keys: the same calls with the same seed have the same answers.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Really run jobs that are pushed, on this machine and as you: whoever knows the key can run anything. Needs rsync.
    /// Without --key, the key is then a random one.
    #[arg(long)]
    run_jobs: bool,
    /// Refuse clusters without an SSH key.
    #[arg(long)]
    ssh_key_required: bool,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl Program {
    /// Serves until Ctrl-C, or until the process is told to end. `listening` is called once, with the base URL. How to
    /// use it is said on stderr. Needs a running tokio runtime.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for arguments that do not go together, such as an address that other machines
    /// reach without a key of the user's; what `listening` returns; otherwise as [`Server::bind`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, it stops serving.
    pub async fn serve(self, listening: impl FnOnce(&str) -> io::Result<()>) -> io::Result<()> {
        if !self.listen.ip().is_loopback() && self.key.is_none() {
            return Err(refused(format!(
                "{} can be reached from other machines, so choose a key of your own with --key or \
                 TENSORPOOL_EMULATOR_KEY",
                self.listen.ip()
            )));
        }
        if !self.listen.ip().is_loopback() && self.run_jobs {
            return Err(refused(format!(
                "{} can be reached from other machines, who could run programs on this one with --run-jobs",
                self.listen.ip()
            )));
        }
        let own_key = self.key.is_some();
        // Others on this machine know the usual one, and could run programs as this user.
        let made = if self.run_jobs { random_key() } else { LOCAL_KEY.to_owned() };
        let config = Config::single_user(self.key.as_deref().unwrap_or(&made))
            .map_err(|error| refused(error.to_string()))?;
        let epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
        let config =
            config.balance(self.balance).seed(self.seed).epoch(epoch).ssh_key_required(self.ssh_key_required);
        let options = ServerOptions::default().time_scale(self.time_scale).allow_remote(own_key);
        let options = options.run_jobs(self.run_jobs);
        // Before anybody knows of it: what is told to end must clean up.
        let stopped = stopped()?;
        let server = Server::bind(self.listen, Emulator::new(config), options).await?;
        let url = server.url();
        listening(&url)?;
        eprintln!("A local TensorPool engine; Ctrl-C stops it. In another terminal:\n");
        eprintln!("  export TENSORPOOL_ENGINE={url}");
        eprintln!(
            "  export TENSORPOOL_KEY={}\n  tp cluster create 8xH100 --wait\n",
            if own_key { "…" } else { &made }
        );
        stopped.await?;
        server.shutdown().await;
        Ok(())
    }
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// A key that nobody guesses: the standard library seeds its hash maps from the operating system.
fn random_key() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    format!("tp-{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

/// Listens for Ctrl-C and for being told to end, from now on; what it returns waits for either.
fn stopped() -> io::Result<impl Future<Output = io::Result<()>>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok(())
        })
    }
    #[cfg(not(unix))]
    Ok(tokio::signal::ctrl_c())
}
