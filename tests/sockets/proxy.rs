//! An HTTP proxy between client and server: `CONNECT`, then TLS through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::{Error, TransportErrorKind};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::adapter::{Adapter, Needs};
use crate::far::read_request;

crate::cases!(a_tunnel_hides_the_token_from_the_proxy, a_proxy_that_refuses_was_not_sent);

struct Proxy {
    url: String,
    tunnels: Arc<AtomicUsize>,
    heads: Arc<std::sync::Mutex<Vec<String>>>,
}

/// A proxy that answers `CONNECT` with this status line, and tunnels if it is 200.
async fn proxy(status: &'static str) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy {
        url: format!("http://{}", listener.local_addr().unwrap()),
        tunnels: Arc::default(),
        heads: Arc::default(),
    };
    let (tunnels, heads) = (Arc::clone(&proxy.tunnels), Arc::clone(&proxy.heads));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (tunnels, heads) = (Arc::clone(&tunnels), Arc::clone(&heads));
            tokio::spawn(async move {
                let Some(head) = read_request(&mut stream).await else { return };
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                heads.lock().unwrap().push(head);
                drop(stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await);
                if status.starts_with("200") {
                    tunnels.fetch_add(1, Ordering::SeqCst);
                    let mut far = TcpStream::connect(target).await.unwrap();
                    drop(copy_bidirectional(&mut stream, &mut far).await);
                }
            });
        }
    });
    proxy
}

async fn a_tunnel_hides_the_token_from_the_proxy(adapter: &Adapter) {
    let (site, proxy) = (crate::tls::site("localhost", 2090).await, proxy("200 OK").await);
    let client = adapter.client(&site.url(), &Needs::default().root(&site.root).proxy(proxy.url.clone()));
    client.account().me().await.unwrap();
    assert_eq!((proxy.tunnels.load(Ordering::SeqCst), site.far.requests().len()), (1, 1));
    let heads = proxy.heads.lock().unwrap().join("\n");
    assert!(heads.starts_with("CONNECT localhost:") && !heads.contains("tp-token"), "{heads}");
}

async fn a_proxy_that_refuses_was_not_sent(adapter: &Adapter) {
    let proxy = proxy("407 Proxy Authentication Required").await;
    let client = adapter.client("https://engine.example", &Needs::default().proxy(proxy.url.clone()));
    let error = client.send(CreateCluster::new("1xH100")).await.unwrap_err();
    let Error::Transport(sent) = &error else { panic!("{error}") };
    assert_eq!(sent.kind(), TransportErrorKind::NotSent, "{error}");
    assert!(error.to_string().contains("proxy"), "{error}");
    assert_eq!(proxy.heads.lock().unwrap().len(), 1, "the proxy was asked");
}
