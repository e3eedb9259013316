//! Sessions through TLS, with a server that would rather speak HTTP/2.

use rustls::pki_types::CertificateDer;
use tensorpool_client::core::session::{CommandResult, PushEvent, PushJob};
use tensorpool_client::{Client, SocketTransport, TransportOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

use crate::certificate;
use crate::server::{Does, Server, Step};
use crate::transcript::TOKEN;

async fn site() -> (Server, CertificateDer<'static>) {
    let (mut config, root) = certificate::issue("localhost", 2100);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let does = Does::Opens(vec![
        Step::Reads(2),
        Step::Says(r#"{"job_id":"j-7","command":"rsync"}"#.to_owned()),
        Step::Reads(1),
        Step::Closes(1000, ""),
    ]);
    (Server::start_tls(config, [does]).await, root)
}

async fn push<T: SocketTransport>(transport: T, server: &Server) -> Result<String, String> {
    let client = Client::builder().token(TOKEN).base_url(server.tls_url()).build_with(transport).unwrap();
    let mut push = client.jobs().push(&PushJob::new("", "c-7")).unwrap();
    while let Some(event) = push.next().await {
        if let PushEvent::Command(command) = event {
            push.answer(command, &CommandResult::new(0, "", ""));
        }
    }
    let pushed = push.outcome().map_err(|error| error.to_string())?;
    Ok(pushed.job_id.unwrap().to_string())
}

fn reqwest(root: &CertificateDer<'static>) -> reqwest::ClientBuilder {
    ReqwestTransport::configure(reqwest::Client::builder())
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_der(root).unwrap()])
}

#[tokio::test]
async fn hyper_speaks_http1_where_everything_else_is_http2() {
    let (server, root) = site().await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let transport = HyperTransport::with_tls(config, &TransportOptions::default());
    assert_eq!(push(transport, &server).await.unwrap(), "j-7");
}

#[tokio::test]
async fn reqwest_speaks_http1_with_the_client_it_was_given_for_sockets() {
    let (server, root) = site().await;
    let transport = ReqwestTransport::from(reqwest(&root).build().unwrap())
        .sockets_with(reqwest(&root).http1_only().build().unwrap());
    assert_eq!(push(transport, &server).await.unwrap(), "j-7");
}

#[tokio::test]
async fn a_server_that_is_not_trusted_gets_no_key() {
    let (server, _) = site().await;
    let (_, other) = certificate::issue("localhost", 2100);
    let transport = ReqwestTransport::from(reqwest(&other).http1_only().build().unwrap());
    let error = push(transport, &server).await.unwrap_err();
    assert!(error.starts_with("job.push: no connection: could not be sent"), "{error}");
    assert!(server.seen.heads().is_empty() && server.seen.texts().is_empty());
}
