//! An engine in this process, for a day without an account.

use std::io::ErrorKind;
use std::time::Duration;

use tensorpool_emulator::{Config, Emulator, Fault, JobScript, Rule, Server, ServerOptions};

use crate::day::Result;

/// The key it knows.
pub(crate) const KEY: &str = "tp-quickstart";

/// A server on this machine, in which a minute passes in a second.
pub(crate) struct Engine {
    emulator: Emulator,
    server: Server,
}

impl Engine {
    pub(crate) async fn start() -> Result<Self> {
        let emulator = Emulator::new(Config::single_user(KEY)?);
        let server = serve(emulator.clone()).await?;
        Ok(Self { emulator, server })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Makes the next list of clusters meet a 503, and returns how to ask how often that happened.
    pub(crate) fn trouble(&self) -> impl Fn() -> u32 + use<> {
        let rule = self.emulator.script().add(Rule::on("cluster.list", Fault::status(503)));
        move || rule.fired()
    }

    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }
}

/// It really runs the job that is pushed, where there is an rsync to push it with; else it plays one.
async fn serve(emulator: Emulator) -> std::io::Result<Server> {
    let (address, options) = (([127, 0, 0, 1], 0).into(), ServerOptions::default().time_scale(60.0));
    match Server::bind(address, emulator.clone(), options.clone().run_jobs(true)).await {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
            println!("{:>12}  no job is really run: {error}", "note");
            let lines = ["epoch 1", "ada", "pool", "tensor"].map(|line| (Duration::from_secs(1), line));
            let script =
                lines.into_iter().fold(JobScript::new(), |script, (after, line)| script.line(after, line));
            emulator.with_engine(|engine| {
                engine.script_job(script.file("out/sorted.txt", "ada\npool\ntensor\n"))
            });
            Server::bind(address, emulator, options).await
        }
        server => server,
    }
}
