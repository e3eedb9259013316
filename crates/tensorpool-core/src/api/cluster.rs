//! Clusters: machines that stay until they are destroyed.

mod create;
mod destroy;
mod edit;
mod info;
mod list;
mod operations;
mod quote;

pub use create::{ClusterCreated, CreateCluster};
pub use destroy::{ClusterDestroyed, DestroyCluster};
pub use edit::EditCluster;
pub use info::{ClusterAnswer, GetCluster};
pub use list::{ClusterList, ListClusters};
pub use operations::{ListClusterOperations, OperationList};
pub use quote::QuoteCluster;
