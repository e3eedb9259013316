//! A user's day with TensorPool over reqwest, against an engine of its own: no account, no network.
//!
//! `cargo run -q -p tensorpool-reqwest --example quickstart`; with `TENSORPOOL_KEY` set and `-- --live`, a look at the real
//! engine that changes nothing.

#[path = "../../tensorpool-client/examples/shared/day.rs"]
mod day;

use std::io::ErrorKind;
use std::time::Duration;

use tensorpool_emulator::{Config, Emulator, Fault, JobScript, Rule, Server, ServerOptions};
use tensorpool_reqwest::Client;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    day::run(local, live).await
}

async fn local() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::new(Config::single_user("tp-quickstart")?);
    let script = emulator.script().clone();
    let server = serve(emulator.clone()).await?;

    let client = Client::builder().base_url(server.url()).token("tp-quickstart").build()?;
    let stranger = Client::builder().base_url(server.url()).token("tp-somebody-else").build()?;
    let trouble = || {
        let rule = script.add(Rule::on("cluster.list", Fault::status(503)));
        move || rule.fired()
    };
    day::day(&client, &stranger, trouble).await?;

    server.shutdown().await;
    Ok(())
}

/// An engine that really runs the job that is pushed, where there is an rsync to push it with; else one that plays it.
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

async fn live() -> Result<(), Box<dyn std::error::Error>> {
    day::look(&Client::from_env()?).await
}
