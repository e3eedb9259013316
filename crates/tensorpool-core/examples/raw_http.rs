//! No client, no transport, no runtime: build a request, show it, and read an answer that came from somewhere.
//!
//! `cargo run -q -p tensorpool-core --example raw_http`

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example is a program: it prints, waits and starts others"
)]

use tensorpool_core::api::cluster::{CreateCluster, ListClusters};
use tensorpool_core::http::Response;
use tensorpool_core::{ApiToken, BaseUrl, Context, Endpoint};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let context = Context::new(BaseUrl::default(), ApiToken::new("tp-example")?);

    let create = CreateCluster::new("8xH100").name("train");
    let request = context.request(&create)?;
    println!("{} {}", request.method(), request.uri());
    for (name, value) in request.headers() {
        // The token's header is marked sensitive, so that it does not end up in a log like this one.
        let value = if value.is_sensitive() { "<sensitive>" } else { value.to_str()? };
        println!("{name}: {value}");
    }
    println!("\n{}\n", String::from_utf8_lossy(request.body()));

    let accepted = Response::builder()
        .status(202)
        .body(r#"{"cluster_id":"c-7","request_id":"r-7","message":"Ordered","queue":3}"#.into())?;
    let created = create.accept(&accepted)?;
    println!(
        "{} is ordered; follow {:?}; also said: {:?}",
        created.cluster_id, created.request_id, created.extra
    );
    assert!(created.extra.contains_key("queue"));

    let broken = Response::builder().status(200).body(r#"{"clusters":[{"name":"a"},{"name":7}]}"#.into())?;
    let Err(error) = ListClusters::new().accept(&broken) else { return Err("7 is no name".into()) };
    println!("{error}");
    assert!(error.to_string().contains("clusters[1].name"));
    Ok(())
}
