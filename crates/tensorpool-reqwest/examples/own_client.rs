//! A `reqwest::Client` of your own: its proxy, certificates, pool and DNS stay yours.
//!
//! `cargo run -q -p tensorpool-reqwest --example own_client`

#[path = "../../tensorpool-core/examples/shared/engine.rs"]
mod engine;

use std::time::Duration;

use tensorpool_reqwest::{Client, ReqwestTransport, client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = engine::Engine::start()?;

    // `configure` switches off what would send a request twice or elsewhere.
    let mine = ReqwestTransport::configure(reqwest::Client::builder())
        .no_proxy() // the engine of this example is on this machine
        .pool_max_idle_per_host(2)
        .tcp_keepalive(Duration::from_secs(30))
        .build()?;

    let client: Client = client::Client::builder()
        .base_url(&engine.url)
        .token(&engine.key)
        .user_agent("trainer/2.1")
        .build_with(ReqwestTransport::from(mine.clone()).max_body(1024 * 1024))?;
    println!("{}", client.account().me().await?.email.as_deref().unwrap_or("somebody"));

    // It is still yours, pool and all.
    let status = mine.get(format!("{}/healthz", engine.url)).send().await?.status();
    println!("/healthz says {status}");
    assert!(status.is_success());
    Ok(())
}
