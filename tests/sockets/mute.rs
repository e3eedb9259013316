//! hyper over HTTP/2, at a peer that falls silent with the connection open: a cable was pulled, a NAT forgot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::{Client, TransportOptions};
use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};
use tensorpool_hyper::HyperTransport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::certificate;

/// An engine behind TLS and ALPN that speaks nothing but HTTP/2.
struct Peer {
    client: Client<HyperTransport>,
    emulator: Emulator,
    connections: Arc<AtomicUsize>,
    mute: Arc<AtomicBool>,
    _server: Server,
}

impl Peer {
    async fn start() -> Self {
        let emulator = Emulator::new(Config::single_user("tp-token").unwrap());
        let bound = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(bound, emulator.clone(), ServerOptions::default()).await.unwrap();
        let (mut config, root) = certificate::issue("localhost", 2090);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());

        let (connections, mute) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (counted, silent) = (Arc::clone(&connections), Arc::clone(&mute));
        let (acceptor, behind) = (TlsAcceptor::from(Arc::new(config)), server.url());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Only the first one falls silent.
                let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
                let silent = if first { Arc::clone(&silent) } else { Arc::default() };
                tokio::spawn(pass_on(acceptor.clone(), stream, behind.clone(), silent));
            }
        });

        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).unwrap();
        let config =
            rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
        let transport = HyperTransport::with_tls(config, &TransportOptions::default());
        let builder = Client::builder().token("tp-token").base_url(url).retry(RetryPolicy::none());
        let client = builder.build_with(transport).unwrap();
        Self { client, emulator, connections, mute, _server: server }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Ends TLS and passes on what is inside, until it is told to fall silent; then it keeps the connection and does nothing.
async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, behind: String, silent: Arc<AtomicBool>) {
    let Ok(mut near) = acceptor.accept(stream).await else { return };
    let mut far = TcpStream::connect(behind.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut request, mut answer) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            read = near.read(&mut request) => match read {
                _ if silent.load(Ordering::SeqCst) => std::future::pending().await,
                Ok(0) | Err(_) => return,
                Ok(n) => far.write_all(&request[..n]).await.unwrap(),
            },
            read = far.read(&mut answer) => match read {
                Ok(0) | Err(_) => return,
                Ok(n) => {
                    near.write_all(&answer[..n]).await.unwrap();
                    near.flush().await.unwrap();
                }
            },
        }
    }
}

#[tokio::test]
async fn an_order_at_a_peer_that_fell_silent_fails_in_time_and_in_doubt() {
    let peer = Peer::start().await;
    peer.client.account().me().await.unwrap();
    peer.mute.store(true, Ordering::SeqCst);

    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let error = peer.client.send(CreateCluster::new("1xH100")).await.unwrap_err();
    let took = started.elapsed();
    assert!(took <= Duration::from_secs(61), "{took:?}: an order may take a minute");
    assert!(error.may_have_been_applied(), "it went into the silence, so nobody knows: {error}");
    assert_eq!(peer.emulator.with_engine(|engine| engine.clusters_created()), 0);
    assert_eq!(peer.connections(), 1, "nor was it sent again");
}

#[tokio::test]
async fn a_peer_that_fell_silent_is_left_for_a_new_connection() {
    let peer = Peer::start().await;
    peer.client.account().me().await.unwrap();
    peer.mute.store(true, Ordering::SeqCst);

    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let error = peer.client.send(CreateCluster::new("1xH100")).await.unwrap_err();
    let took = started.elapsed();
    // A ping after 20 s of silence, 10 s for its answer: sooner than the minute that an order may take.
    assert!(took <= Duration::from_secs(32), "{took:?}: {error}");
    assert!(error.may_have_been_applied(), "{error}");
    tokio::time::resume();

    peer.client.account().me().await.unwrap();
    assert_eq!(peer.connections(), 2, "over a connection of its own");
}
