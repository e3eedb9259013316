//! A user's day with TensorPool over reqwest, against an engine of its own: no account, no network.
//!
//! `cargo run -q -p tensorpool-reqwest --example quickstart`; with `TENSORPOOL_KEY` set and `-- --live`, a look at the real
//! engine that changes nothing.

#[path = "../../tensorpool-client/examples/shared/day.rs"]
mod day;
#[path = "../../tensorpool-client/examples/shared/local.rs"]
mod local;

use tensorpool_reqwest::Client;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    day::run(own, live).await
}

async fn own() -> day::Result {
    let engine = local::Engine::start().await?;
    let client = Client::builder().base_url(engine.url()).token(local::KEY).build()?;
    let stranger = Client::builder().base_url(engine.url()).token("tp-somebody-else").build()?;
    day::day(&client, &stranger, || engine.trouble()).await?;
    engine.stop().await;
    Ok(())
}

async fn live() -> day::Result {
    day::look(&Client::from_env()?).await
}
