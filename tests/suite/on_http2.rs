//! hyper over HTTP/2: TLS and ALPN in front of the emulator, which speaks HTTP/2 itself.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};
use tensorpool_client::{Transport, TransportOptions};
use tensorpool_hyper::HyperTransport;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::certificate;
use crate::transport::{Keep, Subject, served};
use crate::world::World;

/// hyper, with a server that offers nothing but HTTP/2. Its own type, so that it is a transport of its own.
#[derive(Clone, Debug)]
pub(crate) struct Http2(HyperTransport);

impl Transport for Http2 {
    fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send {
        self.0.send(request, limit)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.0.sleep(duration)
    }

    fn now(&self) -> Time {
        self.0.now()
    }

    fn entropy(&self) -> u64 {
        self.0.entropy()
    }
}

impl Subject for Http2 {
    fn world() -> (World<Self>, Keep) {
        let (mut server_config, root) = certificate::issue("localhost", 2090);
        server_config.alpn_protocols = vec![b"h2".to_vec()];
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).unwrap();
        let config =
            rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
        let transport = HyperTransport::with_tls(config, &TransportOptions::default());

        let (mut world, keep) = served(Self(transport));
        let behind = world.url.strip_prefix("http://").unwrap().to_owned();
        let port = keep.block_on(front(TlsAcceptor::from(Arc::new(server_config)), behind));
        world.url = format!("https://localhost:{port}");
        (world, keep)
    }
}

/// Ends TLS and passes on what is inside; refuses whoever did not choose HTTP/2.
async fn front(acceptor: TlsAcceptor, behind: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                let mut inside = TcpStream::connect(behind).await.unwrap();
                drop(copy_bidirectional(&mut stream, &mut inside).await);
            });
        }
    });
    port
}
