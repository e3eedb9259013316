//! Clusters.

use tensorpool_core::api::cluster::{
    ClusterCreated, ClusterDestroyed, ClusterList, CreateCluster, DestroyCluster, EditCluster, GetCluster,
    ListClusterOperations, ListClusters, OperationList, QuoteCluster,
};
use tensorpool_core::model::{Acknowledged, ClusterInfo, Quote};
use tensorpool_core::reconcile::{self, Reconciled};
use tensorpool_core::{ClusterId, ClusterRef, Error};

use super::handle;
use crate::{Pending, Transport};

handle! {
    /// Clusters: machines that stay, and are billed, until they are destroyed.
    Clusters
}

impl<T: Transport> Clusters<'_, T> {
    /// `GET /cluster/quote`: what a cluster would cost, USD per hour.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if the engine has no such route.
    pub async fn quote(self, quote: QuoteCluster) -> Result<Quote, Error> {
        self.0.send(quote).await
    }

    /// `POST /cluster/create`: orders a cluster, which is billed from then on. It is never sent twice unless the first
    /// certainly was not received.
    ///
    /// # Errors
    ///
    /// [`is_out_of_funds`](Error::is_out_of_funds), [`is_invalid`](Error::is_invalid); and mind
    /// [`may_have_been_applied`](Error::may_have_been_applied): then look for it by name before ordering another.
    ///
    /// # Cancel safety
    ///
    /// None: if the future is dropped, the engine may have accepted it, and the handle is lost. Look before asking again.
    pub async fn create(self, create: CreateCluster) -> Result<Pending<T, ClusterCreated>, Error> {
        self.0.submit(create).await
    }

    /// `DELETE /cluster/{cluster}`: destroys a cluster, by id or name, and what is on its disks.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) while deletion protection is on.
    pub async fn destroy(
        self,
        cluster: impl Into<ClusterRef>,
    ) -> Result<Pending<T, ClusterDestroyed>, Error> {
        self.0.submit(DestroyCluster::new(cluster)).await
    }

    /// `GET /cluster/list`: the user's own clusters.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<ClusterInfo>, Error> {
        Ok(self.list_with(ListClusters::new()).await?.clusters)
    }

    /// `GET /cluster/list` with options, and with the server's text table.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list_with(self, list: ListClusters) -> Result<ClusterList, Error> {
        self.0.send(list).await
    }

    /// `GET /cluster/info/{cluster}`: one cluster, by id or name.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found).
    pub async fn info(self, cluster: impl Into<ClusterRef>) -> Result<ClusterInfo, Error> {
        Ok(self.0.send(GetCluster::new(cluster)).await?.cluster_info)
    }

    /// `PATCH /cluster/edit/{cluster}`: renames it, or sets its deletion protection.
    ///
    /// # Errors
    ///
    /// [`is_invalid`](Error::is_invalid) if nothing is changed; [`is_conflict`](Error::is_conflict) for a name in use.
    pub async fn edit(self, edit: EditCluster) -> Result<Pending<T, Acknowledged>, Error> {
        self.0.submit(edit).await
    }

    /// `GET /cluster/operations/{cluster}`: what was and is done to a cluster.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn operations(self, list: ListClusterOperations) -> Result<OperationList, Error> {
        self.0.send(list).await
    }

    /// What became of `order` when its outcome is unknown: asks for the list, and orders nothing. `before` is what was
    /// listed before it went out, if that is known: see [`reconcile`](tensorpool_core::reconcile).
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn reconcile(
        self,
        order: &CreateCluster,
        before: Option<&[ClusterId]>,
    ) -> Result<Reconciled<ClusterInfo>, Error> {
        Ok(reconcile::cluster(order, self.list().await?, before))
    }
}
