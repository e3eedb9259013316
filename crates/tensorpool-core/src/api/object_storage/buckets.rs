//! `/object-storage/bucket/…`: list, create and delete buckets.

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::BucketName;
use crate::model::{Acknowledged, Bucket};
use crate::request::Path;

/// `GET /object-storage/bucket/list` (contract §6).
#[derive(Clone, Debug, Default)]
pub struct ListBuckets;

model! {
    /// Buckets.
    struct BucketList {
        required {
            /// The buckets.
            buckets: Vec<Bucket>,
        }
        optional {
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListBuckets {
    type Response = BucketList;
    const META: &'static Meta = &Meta::get("bucket.list", "/object-storage/bucket/list", "§6");
}

/// `PUT /object-storage/bucket/create/{bucket_name}` (contract §6).
#[derive(Clone, Debug)]
pub struct CreateBucket {
    bucket: BucketName,
}

impl CreateBucket {
    /// Creates a bucket of this name. What names are allowed is the server's to judge.
    #[must_use]
    pub fn new(bucket: impl Into<BucketName>) -> Self {
        Self { bucket: bucket.into() }
    }
}

impl Endpoint for CreateBucket {
    type Response = Acknowledged;
    const META: &'static Meta =
        &Meta::put("bucket.create", "/object-storage/bucket/create/{bucket_name}", "§6").success(201);

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.bucket.as_str()])
    }
}

/// `DELETE /object-storage/bucket/delete/{bucket_name}`: deletes an empty bucket (contract §6).
#[derive(Clone, Debug)]
pub struct DeleteBucket {
    bucket: BucketName,
}

impl DeleteBucket {
    /// Deletes this bucket, which must be empty.
    #[must_use]
    pub fn new(bucket: impl Into<BucketName>) -> Self {
        Self { bucket: bucket.into() }
    }
}

impl Endpoint for DeleteBucket {
    type Response = Acknowledged;
    const META: &'static Meta =
        &Meta::delete("bucket.delete", "/object-storage/bucket/delete/{bucket_name}", "§6")
            .success(204)
            .empty_body();

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.bucket.as_str()])
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        (status.as_u16() == 409).then_some("only an empty bucket can be deleted")
    }
}
