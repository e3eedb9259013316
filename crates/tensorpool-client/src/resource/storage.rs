//! Storage volumes.

use tensorpool_core::api::storage::{
    AttachStorage, CreateStorage, DestroyStorage, DetachStorage, EditStorage, GetStorage, ListStorage,
    QuoteStorage, StorageAttached, StorageCreated, StorageDestroyed, StorageDetached, StorageList,
};
use tensorpool_core::model::{Acknowledged, Quote, StorageInfo};
use tensorpool_core::reconcile::{self, Reconciled};
use tensorpool_core::{ClusterId, Error, StorageId};

use super::handle;
use crate::{Pending, Transport};

handle! {
    /// Storage volumes: shared file systems that outlive clusters, and are billed until they are destroyed.
    Storage
}

impl<T: Transport> Storage<'_, T> {
    /// `GET /storage/quote`: what a volume of this size, GB, would cost, USD per hour.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn quote(self, size_gb: u64) -> Result<Quote, Error> {
        self.0.send(QuoteStorage::new(size_gb)).await
    }

    /// `POST /storage/create`: orders a volume, which is billed from then on. It is never sent twice unless the first
    /// certainly was not received.
    ///
    /// # Errors
    ///
    /// [`is_out_of_funds`](Error::is_out_of_funds): the balance must cover 24 hours of it. Mind
    /// [`may_have_been_applied`](Error::may_have_been_applied).
    ///
    /// # Cancel safety
    ///
    /// None: if the future is dropped, the engine may have accepted it, and the handle is lost. Look before asking again.
    pub async fn create(self, create: CreateStorage) -> Result<Pending<T, StorageCreated>, Error> {
        self.0.submit(create).await
    }

    /// `DELETE /storage/{storage_id}`: destroys a volume and everything on it.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) while it is attached or deletion protection is on.
    pub async fn destroy(self, storage: impl Into<StorageId>) -> Result<Pending<T, StorageDestroyed>, Error> {
        self.0.submit(DestroyStorage::new(storage)).await
    }

    /// `POST /storage/attach`: mounts a volume on a cluster, **restarting all its nodes**.
    ///
    /// # Errors
    ///
    /// An API error if the cluster is not eligible or not running.
    ///
    /// # Cancel safety
    ///
    /// None: if the future is dropped, the engine may have accepted it, and the handle is lost. Look before asking again.
    pub async fn attach(
        self,
        storage: impl Into<StorageId>,
        cluster: impl Into<ClusterId>,
    ) -> Result<Pending<T, StorageAttached>, Error> {
        self.0.submit(AttachStorage::new(storage, cluster)).await
    }

    /// `POST /storage/detach`: unmounts a volume from a cluster, **restarting all its nodes**.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// None: if the future is dropped, the engine may have accepted it, and the handle is lost. Look before asking again.
    pub async fn detach(
        self,
        storage: impl Into<StorageId>,
        cluster: impl Into<ClusterId>,
    ) -> Result<Pending<T, StorageDetached>, Error> {
        self.0.submit(DetachStorage::new(storage, cluster)).await
    }

    /// `GET /storage/list`: the user's own volumes.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<StorageInfo>, Error> {
        Ok(self.list_with(ListStorage::new()).await?.volumes)
    }

    /// `GET /storage/list` with options, and with the server's text table.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list_with(self, list: ListStorage) -> Result<StorageList, Error> {
        self.0.send(list).await
    }

    /// `GET /storage/info/{storage_id}`: one volume.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found).
    pub async fn info(self, storage: impl Into<StorageId>) -> Result<StorageInfo, Error> {
        Ok(self.0.send(GetStorage::new(storage)).await?.storage_info)
    }

    /// `PATCH /storage/edit/{storage_id}`: renames it, grows it, or sets its deletion protection.
    ///
    /// # Errors
    ///
    /// [`is_invalid`](Error::is_invalid) if nothing is changed; an API error if it would shrink.
    pub async fn edit(self, edit: EditStorage) -> Result<Pending<T, Acknowledged>, Error> {
        self.0.submit(edit).await
    }

    /// What became of `order` when its outcome is unknown: asks for the list, and orders nothing. `before` is what was
    /// listed before it went out, if that is known: see [`reconcile`](tensorpool_core::reconcile).
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn reconcile(
        self,
        order: &CreateStorage,
        before: Option<&[StorageId]>,
    ) -> Result<Reconciled<StorageInfo>, Error> {
        Ok(reconcile::volume(order, self.list().await?, before))
    }

    /// Whether an attachment whose outcome is unknown is in place: asks for the volume, and orders nothing. One that was
    /// accepted and goes on does not show yet: see [`attachment`](tensorpool_core::reconcile::attachment).
    ///
    /// # Errors
    ///
    /// As [`info`](Self::info).
    pub async fn reconcile_attach(
        self,
        storage: impl Into<StorageId>,
        cluster: impl Into<ClusterId>,
    ) -> Result<Reconciled<StorageInfo>, Error> {
        let storage = storage.into();
        let volume = self.info(&storage).await?;
        Ok(reconcile::attachment(&AttachStorage::new(storage, cluster), volume))
    }
}
