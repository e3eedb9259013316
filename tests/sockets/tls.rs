//! TLS against a server with its own certificate authority.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::{Error, TransportErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::adapter::{Adapter, Needs};
use crate::certificate;
use crate::far::{Does, Far, ME, json};

crate::cases!(
    a_trusted_server_is_spoken_to,
    an_untrusted_server_gets_nothing,
    a_server_with_another_name_gets_nothing,
    an_expired_server_gets_nothing,
    a_handshake_that_stalls_was_not_sent,
    a_server_without_tls_gets_nothing,
);

/// A certificate authority and a server with a certificate of it.
pub(crate) struct Site {
    pub(crate) far: Far,
    pub(crate) root: CertificateDer<'static>,
}

impl Site {
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.far.addr.port())
    }
}

/// A server called `name`, its certificate good until `year`.
pub(crate) async fn site(name: &str, year: i32) -> Site {
    let (config, root) = certificate::issue(name, year);
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = Far::unserved(listener.local_addr().unwrap());
    let serving = far.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serving.count_connection();
            let (far, acceptor) = (serving.clone(), acceptor.clone());
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    far.serve(&mut stream, &[Does::Writes(json(200, ME))]).await;
                }
            });
        }
    });
    Site { far, root }
}

/// The order did not leave, and the error says why.
async fn assert_refused(adapter: &Adapter, url: &str, needs: &Needs, why: &str) {
    let error = adapter.client(url, needs).send(CreateCluster::new("1xH100")).await.unwrap_err();
    let Error::Transport(sent) = &error else { panic!("{error}") };
    assert_eq!(sent.kind(), TransportErrorKind::NotSent, "{error}");
    assert!(error.to_string().to_lowercase().contains(why), "{error}");
    assert!(!error.may_have_been_applied());
}

async fn a_trusted_server_is_spoken_to(adapter: &Adapter) {
    let site = site("localhost", 2090).await;
    let client = adapter.client(&site.url(), &Needs::default().root(&site.root));
    for _ in 0..10 {
        client.send(GetMe).await.unwrap();
    }
    assert_eq!(site.far.connections(), 1);
}

async fn an_untrusted_server_gets_nothing(adapter: &Adapter) {
    let (site, other) = (site("localhost", 2090).await, site("localhost", 2090).await);
    assert_refused(adapter, &site.url(), &Needs::default().root(&other.root), "certificate").await;
    assert!(site.far.connections() >= 1 && site.far.requests().is_empty());
}

async fn a_server_with_another_name_gets_nothing(adapter: &Adapter) {
    let site = site("engine.example", 2090).await;
    assert_refused(adapter, &site.url(), &Needs::default().root(&site.root), "certificate").await;
    assert!(site.far.connections() >= 1 && site.far.requests().is_empty());
}

async fn an_expired_server_gets_nothing(adapter: &Adapter) {
    let site = site("localhost", 2021).await;
    assert_refused(adapter, &site.url(), &Needs::default().root(&site.root), "expired").await;
    assert!(site.far.connections() >= 1 && site.far.requests().is_empty());
}

async fn a_handshake_that_stalls_was_not_sent(adapter: &Adapter) {
    // It accepts, reads, and says nothing.
    let far = Far::start([Does::WritesAndStalls(vec![])]).await;
    let url = format!("https://localhost:{}", far.addr.port());
    let needs = Needs::default().connect_timeout(Duration::from_millis(300));
    assert_refused(adapter, &url, &needs, "").await;
    assert_eq!(far.connections(), 1);
}

async fn a_server_without_tls_gets_nothing(adapter: &Adapter) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut said = vec![0; 4096];
            let length = stream.read(&mut said).await.unwrap_or(0);
            hears.lock().unwrap().extend_from_slice(&said[..length]);
            drop(stream.write_all(&json(400, "{}")).await);
        }
    });
    assert_refused(adapter, &format!("https://localhost:{port}"), &Needs::default(), "").await;
    let heard = heard.lock().unwrap().clone();
    assert!(heard.starts_with(&[0x16, 0x03]), "it heard how TLS begins");
    assert!(!heard.windows(8).any(|window| window == b"tp-token"));
}
