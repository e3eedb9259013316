//! A comfortable TensorPool client over any HTTP transport.
//!
//! Use it through an adapter, such as `tensorpool-reqwest`, which brings a [`Transport`] and re-exports all of this. Come
//! here to write a transport of your own: it is four methods, and everything else (retries that never order twice,
//! deadlines, operations to their end) is done above it by the state machines of [`tensorpool_core`].
//!
//! ```no_run
//! # async fn example<T: tensorpool_client::FromOptions>() -> Result<(), tensorpool_client::core::Error> {
//! use tensorpool_client::Client;
//!
//! let client = Client::<T>::from_env()?;
//! println!("{:?}", client.account().me().await?);
//! for cluster in client.clusters().list().await? {
//!     println!("{:?} {:?}", cluster.id, cluster.status);
//! }
//! # Ok(())
//! # }
//! ```

mod any;
mod body;
mod builder;
mod client;
#[cfg(feature = "download")]
pub mod download;
mod drive;
#[cfg(feature = "folder")]
pub mod folder;
mod pending;
pub mod resource;
mod session;
pub mod socket;
mod transport;

pub use tensorpool_core as core;

pub use any::{AnySocket, AnyTransport};
pub use body::{Body, BodyTransport};
pub use builder::{Builder, FromOptions, TransportOptions};
pub use client::Client;
pub use drive::{drive, step};
pub use pending::Pending;
pub use session::{Listen, Push};
pub use socket::{Socket, SocketTransport};
pub use transport::Transport;

/// The code in the project's documentation, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/adapters.md")]
mod adapters_page {}

/// As above; it needs the features that it is about.
#[cfg(all(doctest, feature = "folder", feature = "download"))]
#[doc = include_str!("../../../docs/jobs.md")]
mod jobs_page {}

/// The code in the crate's own page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod crate_page {}
