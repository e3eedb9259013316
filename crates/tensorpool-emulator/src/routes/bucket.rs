//! Buckets of object storage (contract §6).

use bytes::Bytes;
use http::{Response, StatusCode};
use tensorpool_core::api::object_storage::BucketList;
use tensorpool_core::model::Bucket;

use crate::answer::{Answered, Refusal, ok, said};
use crate::call::Call;
use crate::state::State;
use crate::state::object_storage::is_bucket_name;
use crate::tables::counted;

use super::object_storage::{enabled, organization};

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    let buckets: Vec<_> =
        enabled(state, &organization)?.buckets.keys().map(|name| Bucket::new(name.as_str())).collect();
    let message = counted(buckets.len(), "bucket");
    let mut list = BucketList::new(buckets);
    list.message = Some(message);
    ok(&list)
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    let (storage, name) = (enabled(state, &organization)?, call.parameter());
    if !is_bucket_name(name) {
        return Err(Refusal::bad_request(format!(
            "Invalid bucket name {name}: 3 to 63 lower-case letters, digits, dots and hyphens, \
             beginning and ending with a letter or digit"
        )));
    }
    if storage.buckets.contains_key(name) {
        return Err(Refusal::conflict(format!("Bucket {name} exists already")));
    }
    storage.buckets.insert(name.to_owned(), Default::default());
    Ok(said(StatusCode::CREATED, format!("Bucket {name} created")))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    let (storage, name) = (enabled(state, &organization)?, call.parameter());
    let objects = storage.buckets.get(name).ok_or_else(|| Refusal::not_found("Bucket", name))?;
    if !objects.is_empty() {
        let count = counted(objects.len(), "object");
        return Err(Refusal::conflict(format!("Bucket {name} is not empty: it holds {count}")));
    }
    storage.buckets.remove(name);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
