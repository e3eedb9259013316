//! The TensorPool client over reqwest.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tensorpool_reqwest::Error> {
//! use tensorpool_reqwest::Client;
//! use tensorpool_reqwest::api::cluster::CreateCluster;
//! use tensorpool_reqwest::flow::Wait;
//!
//! let client = Client::from_env()?; // TENSORPOOL_KEY
//! let op = client.clusters().create(CreateCluster::new("8xH100").name("train")).await?;
//! let created = op.wait(Wait::up_to_minutes(30)).await?;
//! println!("{} is running", created.cluster_id);
//! # Ok(())
//! # }
//! ```
//!
//! It needs a tokio runtime with its timer on. Redirects are never followed and reqwest's own retries are off: what may
//! be sent again is decided by [`tensorpool_core`](tensorpool_client::core), which knows what a second one would cost.
//!
//! To bring a client of your own (proxy, certificates, pool, the platform's own TLS), see [`ReqwestTransport`]. There is no
//! feature for another TLS library: features of all crates in a program add up, and none may change what one of them
//! trusts.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls with aws-lc-rs and the platform's certificate verifier |
//! | `rustls-no-provider` | | TLS by rustls with whatever provider the program has installed |
//! | `http2` | | HTTP/2 where the server offers it |
//! | `socket` | yes | WebSockets: pushing jobs and listening to them |
//! | `download` | | a job's outputs into a directory |
//! | `folder` | | what pushing a folder would upload, and the `.tp.toml` it is pushed with |
//! | `tracing` | yes | one span for each attempt; never a header, a query or a body |

mod body;
mod failure;
mod options;
#[cfg(feature = "socket")]
mod socket;
mod transport;

pub use body::ReqwestBody;
#[cfg(feature = "socket")]
pub use socket::ReqwestSocket;
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
pub use transport::ReqwestTransport;

/// A client over reqwest.
pub type Client = tensorpool_client::Client<ReqwestTransport>;

/// The code in the project's front page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod front_page {}

/// The code in the crate's own page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod crate_page {}
