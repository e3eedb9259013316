//! Object storage.

use tensorpool_core::api::object_storage::{
    AwsConfig, ConfigureAws, ConfigureRclone, CreateBucket, Credentials, DeleteBucket, DisableObjectStorage,
    EnableObjectStorage, GetCredentials, IssuedKeys, ListBuckets, RcloneConfig, RotateKeys,
};
use tensorpool_core::model::{Acknowledged, Bucket};
use tensorpool_core::{BucketName, Error};

use super::handle;
use crate::Transport;

handle! {
    /// Object storage: S3-compatible, one for each organization.
    ObjectStorage
}

impl<T: Transport> ObjectStorage<'_, T> {
    /// `POST /object-storage/enable`: turns it on for the organization and issues keys.
    ///
    /// # Errors
    ///
    /// Probably [`is_forbidden`](Error::is_forbidden) without an organization.
    pub async fn enable(self) -> Result<IssuedKeys, Error> {
        self.0.send(EnableObjectStorage).await
    }

    /// `DELETE /object-storage/disable`: turns it off for the whole organization.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn disable(self) -> Result<Acknowledged, Error> {
        self.0.send(DisableObjectStorage).await
    }

    /// `GET /object-storage/credentials`: what an S3 client needs.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn credentials(self) -> Result<Credentials, Error> {
        self.0.send(GetCredentials).await
    }

    /// `POST /object-storage/rotate-keys`: replaces the keys. **The old ones stop working for everyone, for good.**
    ///
    /// # Errors
    ///
    /// See [`Error`]; mind [`may_have_been_applied`](Error::may_have_been_applied).
    pub async fn rotate_keys(self) -> Result<IssuedKeys, Error> {
        self.0.send(RotateKeys).await
    }

    /// `GET /object-storage/configure/aws`: sections for the AWS command line.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn configure_aws(self) -> Result<AwsConfig, Error> {
        self.0.send(ConfigureAws).await
    }

    /// `GET /object-storage/configure/rclone`: a section for rclone.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn configure_rclone(self) -> Result<RcloneConfig, Error> {
        self.0.send(ConfigureRclone).await
    }

    /// `GET /object-storage/bucket/list`: the buckets.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn buckets(self) -> Result<Vec<Bucket>, Error> {
        Ok(self.0.send(ListBuckets).await?.buckets)
    }

    /// `PUT /object-storage/bucket/create/{bucket_name}`: creates a bucket.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn create_bucket(self, bucket: impl Into<BucketName>) -> Result<Acknowledged, Error> {
        self.0.send(CreateBucket::new(bucket)).await
    }

    /// `DELETE /object-storage/bucket/delete/{bucket_name}`: deletes an empty bucket.
    ///
    /// # Errors
    ///
    /// Probably [`is_conflict`](Error::is_conflict) for a bucket that is not empty.
    pub async fn delete_bucket(self, bucket: impl Into<BucketName>) -> Result<Acknowledged, Error> {
        self.0.send(DeleteBucket::new(bucket)).await
    }
}
