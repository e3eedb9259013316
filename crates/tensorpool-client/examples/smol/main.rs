//! The whole client on smol, over a transport of fewer than 80 lines.
//!
//! `cargo run -q -p tensorpool-client --example smol`

#[path = "../../../tensorpool-core/examples/shared/engine.rs"]
mod engine;
mod transport;

use tensorpool_client::Client;
use tensorpool_client::core::api::cluster::CreateCluster;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = engine::Engine::start()?;
    let builder = Client::builder().base_url(&engine.url).token(&engine.key);
    let client = builder.build_with(transport::SmolTransport::new())?;
    smol::block_on(async {
        let me = client.account().me().await?;
        println!("{}", me.email.as_deref().unwrap_or("somebody"));
        let mut op = client.clusters().create(CreateCluster::new("1xH100").name("smol")).await?;
        while let Some(step) = op.next().await {
            println!("{step}");
        }
        let created = op.outcome()?;
        client.clusters().destroy(&created.cluster_id).await?.done().await?;
        println!("{} came and went", created.cluster_id);
        Ok(())
    })
}
