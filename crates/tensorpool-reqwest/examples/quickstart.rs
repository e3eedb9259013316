//! A user's day with TensorPool over reqwest, against an engine of its own: no account, no network.
//!
//! `cargo run -q -p tensorpool-reqwest --example quickstart`; with `TENSORPOOL_KEY` set and `-- --live`, a look at the real
//! engine that changes nothing.

#[path = "../../tensorpool-client/examples/shared/day.rs"]
mod day;

use tensorpool_emulator::{Config, Emulator, Fault, Rule, Server, ServerOptions};
use tensorpool_reqwest::Client;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    day::run(local, live).await
}

async fn local() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::new(Config::single_user("tp-quickstart")?);
    let script = emulator.script().clone();
    let options = ServerOptions::default().time_scale(60.0);
    let server = Server::bind(([127, 0, 0, 1], 0).into(), emulator, options).await?;

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

async fn live() -> Result<(), Box<dyn std::error::Error>> {
    day::look(&Client::from_env()?).await
}
