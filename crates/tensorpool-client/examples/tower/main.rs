//! Any `tower::Service<http::Request<Bytes>>` as a transport: here one that counts, limits, and asks an engine in the same
//! process.
//!
//! `cargo run -q -p tensorpool-client --example tower`

mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use tensorpool_client::Client;
use tensorpool_client::core::http::Request;
use tensorpool_client::core::{Bytes, Time, TransportError};
use tensorpool_emulator::{Config, Emulator};
use tower::ServiceBuilder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::new(Config::single_user("tp-example")?);
    let started = Instant::now();
    let engine = tower::service_fn(move |request: Request<Bytes>| {
        let answer = emulator.answer(Time::since_epoch(started.elapsed()), &request);
        async move { Ok::<_, TransportError>(answer.response) }
    });

    let sent = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&sent);
    let service = ServiceBuilder::new()
        .map_request(move |request: Request<Bytes>| {
            counter.fetch_add(1, Ordering::Relaxed);
            request
        })
        .concurrency_limit(4)
        .service(engine);

    let client = Client::with_transport(transport::TowerTransport::new(service), "tp-example")?;
    let (me, clusters, jobs) =
        tokio::try_join!(client.account().me(), client.clusters().list(), client.jobs().list())?;
    println!(
        "{}: {} clusters, {} jobs",
        me.email.as_deref().unwrap_or("somebody"),
        clusters.len(),
        jobs.len()
    );
    println!("{} requests went through the service", sent.load(Ordering::Relaxed));
    assert_eq!(sent.load(Ordering::Relaxed), 3);
    Ok(())
}
