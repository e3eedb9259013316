//! `tensorpool-emulator`: a local TensorPool engine on a socket.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};

/// The key for those who choose none; it opens nothing that other machines reach.
const LOCAL_KEY: &str = "tp-local";

/// A local TensorPool engine: no account, no cost, no GPUs.
///
/// The first line of the output is `listening on http://ADDRESS:PORT`. Point any TensorPool client to that address
/// with TENSORPOOL_ENGINE, and give it the key with TENSORPOOL_KEY.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.listen.ip().is_loopback() && arguments.key.is_none() {
        return refuse(&format!(
            "{} can be reached from other machines, so choose a key of your own with --key or \
             TENSORPOOL_EMULATOR_KEY",
            arguments.listen.ip()
        ));
    }
    if !arguments.listen.ip().is_loopback() && arguments.run_jobs {
        return refuse(&format!(
            "{} can be reached from other machines, who could run programs on this one with --run-jobs",
            arguments.listen.ip()
        ));
    }
    let own_key = arguments.key.is_some();
    // Others on this machine know the usual one, and could run programs as this user.
    let made = if arguments.run_jobs { random_key() } else { LOCAL_KEY.to_owned() };
    let key = arguments.key.as_deref().unwrap_or(&made);
    let config = match Config::single_user(key) {
        Ok(config) => config,
        Err(error) => return refuse(&error.to_string()),
    };
    let epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    let config = config
        .balance(arguments.balance)
        .seed(arguments.seed)
        .epoch(epoch)
        .ssh_key_required(arguments.ssh_key_required);
    let options = ServerOptions::default().time_scale(arguments.time_scale).allow_remote(own_key);
    let options = options.run_jobs(arguments.run_jobs);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(
        arguments.listen,
        Emulator::new(config),
        options,
        Some(made).filter(|_| !own_key),
    )) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => refuse(&error.to_string()),
        Err(error) => fail(&error),
    }
}

async fn run(
    address: SocketAddr,
    emulator: Emulator,
    options: ServerOptions,
    made_key: Option<String>,
) -> io::Result<()> {
    // Before anybody knows of it: what is told to end must clean up.
    let stopped = stopped()?;
    let server = Server::bind(address, emulator, options).await?;
    let url = server.url();
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {url}")?;
    stdout.flush()?;
    eprintln!("A local TensorPool engine; Ctrl-C stops it. In another terminal:\n");
    eprintln!("  export TENSORPOOL_ENGINE={url}");
    eprintln!(
        "  export TENSORPOOL_KEY={}\n  tp cluster create 8xH100 --wait\n",
        made_key.as_deref().unwrap_or("…")
    );
    stopped.await?;
    server.shutdown().await;
    Ok(())
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

fn refuse(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(2)
}

fn fail(error: &io::Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
