//! The TensorPool client over hyper, with a connector of your choice.
//!
//! ```no_run
//! # #[cfg(all(feature = "ring", feature = "platform-verifier"))]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tensorpool_hyper::Error> {
//! use tensorpool_hyper::Client;
//! use tensorpool_hyper::api::cluster::CreateCluster;
//! use tensorpool_hyper::flow::Wait;
//!
//! let client = Client::from_env()?; // TENSORPOOL_KEY
//! let op = client.clusters().create(CreateCluster::new("8xH100").name("train")).await?;
//! let created = op.wait(Wait::up_to_minutes(30)).await?;
//! println!("{} is running", created.cluster_id);
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "ring", feature = "platform-verifier")))]
//! # fn main() {}
//! ```
//!
//! It needs a tokio runtime with IO and timer on. Redirects are never followed and hyper's own retries are off: what may
//! be sent again is decided by [`tensorpool_core`](tensorpool_client::core), which knows what a second one would cost.
//!
//! To bring a connector of your own (proxy, unix socket, other TLS), see [`HyperTransport::from_connector`].
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `ring` | yes | cryptography by ring |
//! | `aws-lc-rs` | | cryptography by aws-lc-rs; beats `ring` |
//! | `platform-verifier` | yes | certificates are judged by the platform |
//! | `native-roots` | | certificates are judged by rustls, from the platform's root store, unless `platform-verifier` is on too |
//! | `http2` | | HTTP/2 where the server offers it |
//! | `socket` | yes | WebSockets: pushing jobs and listening to them |
//! | `download` | | a job's outputs into a directory |
//! | `folder` | | what pushing a folder would upload, and the `.tp.toml` it is pushed with |
//! | `tracing` | yes | one span for each attempt; never a header, a query or a body |
//!
//! The provider of cryptography is passed explicitly; nothing is installed for the whole process. Without a provider and
//! a source of trust there is no `Client::new`, only [`HyperTransport::from_connector`].

mod body;
mod connector;
mod failure;
#[cfg(all(
    any(feature = "ring", feature = "aws-lc-rs"),
    any(feature = "platform-verifier", feature = "native-roots")
))]
mod options;
#[cfg(feature = "socket")]
mod socket;
#[cfg(feature = "tls")]
mod tls;
mod transport;

pub use body::HyperBody;
#[cfg(feature = "tls")]
pub use connector::TlsConnector;
pub use connector::{ConnectTimeout, DefaultConnector, PlainConnector};
#[cfg(feature = "socket")]
pub use socket::HyperSocket;
pub use tensorpool_client as client;
pub use tensorpool_client::core::{
    ApiToken, BaseUrl, BucketName, ClusterId, ClusterRef, Endpoint, Error, InstanceId, JobId, RequestId,
    SshKeyId, StorageId, api, command, error, flow, model, session, transfer,
};
#[cfg(feature = "download")]
pub use tensorpool_client::download;
pub use tensorpool_client::{
    AnyTransport, Listen, Pending, Push, SocketTransport, Transport, TransportOptions,
};
#[cfg(feature = "folder")]
pub use tensorpool_client::{core::job_config, folder};
pub use transport::HyperTransport;

/// A client over hyper.
pub type Client = tensorpool_client::Client<HyperTransport>;

/// The code in the crate's own page, compiled.
#[cfg(all(doctest, feature = "ring", feature = "platform-verifier"))]
#[doc = include_str!("../README.md")]
mod crate_page {}
