//! Ordering, editing and destroying a volume (contract §5.1, §5.2, §5.7).

use http::StatusCode;
use tensorpool_core::StorageId;
use tensorpool_core::api::storage::{StorageCreated, StorageDestroyed};
use tensorpool_core::model::{RequestType, StorageStatus, UsdPerHour};

use crate::answer::{Answered, Refusal, accepted, said};
use crate::call::Call;
use crate::form::Form;
use crate::pricing;
use crate::state::State;
use crate::state::agenda::{Phase, Step};
use crate::state::request::Work;
use crate::state::storage::Volume;

use super::cluster_create::check_name;

/// The most a volume holds, GB. The real limit is unknown.
const MOST_GB: u64 = 1_000_000;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let mut form = Form::read(call.body)?;
    let size_gb = form.required_count(&["size", "size_gb"]);
    let name = form.text(&["name", "tp_storage_name"]);
    let protected = form.boolean(&["deletion_protection"]).unwrap_or(false);
    check_name(&mut form, "name", name.as_deref());
    form.check()?;
    check_size(size_gb)?;
    let rate = pricing::storage(size_gb);
    state.afford(&owner, rate, 24.0)?;

    let id = StorageId::from(state.ids.next("s"));
    let name = name.unwrap_or_else(|| id.as_str().replacen("s-", "storage-", 1));
    state.volumes.insert(Volume {
        id: id.clone(),
        name: name.clone(),
        owner: owner.clone(),
        size_gb,
        status: StorageStatus::Creating,
        attached: Vec::new(),
        protected,
        created: call.now,
        billed: false,
    });
    let timings = state.config.timings;
    let phases = vec![
        Phase::pending(timings.pending, format!("Storage volume {id} is waiting to be created")),
        Phase::processing(timings.storage_create, format!("Creating storage volume {id}")),
        Phase::completed(format!("Storage volume {id} ({name}) is ready"))
            .step(Step::Volume { id: id.clone(), status: StorageStatus::Ready }),
    ];
    let work = Work { kind: RequestType::StorageCreate, owner: &owner, object: id.as_str(), cluster: None };
    let mut created = StorageCreated::new(id.clone());
    created.request_id = Some(state.begin(&work, phases));
    created.message = Some(format!(
        "Storage volume {id} ({name}) is being created: {size_gb} GB, {rate}.\n\
         Run `tp storage info {id}` to see how it goes."
    ));
    accepted(&created)
}

fn check_size(size_gb: u64) -> Result<(), Refusal> {
    if size_gb <= MOST_GB {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("A storage volume holds at most {MOST_GB} GB")))
}

/// Applied at once, as the documented answer names no request that could be followed.
pub(super) fn edit(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let mut form = Form::read(call.body)?;
    let name = form.text(&["tp_storage_name", "name"]);
    let size_gb = form.count(&["size_gb", "size"]);
    let protected = form.boolean(&["deletion_protection"]);
    check_name(&mut form, "tp_storage_name", name.as_deref());
    form.check()?;
    let volume = state.find_volume(&owner, call.parameter())?;
    let (id, owned, old_rate, old_size) =
        (volume.id.clone(), volume.owner.clone(), volume.rate(), volume.size_gb);
    if name.is_none() && size_gb.is_none() && protected.is_none() {
        return Err(Refusal::bad_request(
            "Nothing to edit: give tp_storage_name, size_gb or deletion_protection",
        ));
    }
    if volume.status == StorageStatus::Destroying {
        return Err(Refusal::conflict(format!("Storage volume {id} is being destroyed")));
    }
    if let Some(size) = size_gb {
        check_size(size)?;
        if size < old_size {
            return Err(Refusal::bad_request(format!(
                "A storage volume can only grow: {id} has {old_size} GB, {size} GB would be less"
            )));
        }
        state.afford(&owned, pricing::storage(size), 24.0)?;
    }
    let mut changes = Vec::new();
    let mut more = None;
    if let Some(volume) = state.volumes.get_mut(id.as_str()) {
        if let Some(name) = name {
            changes.push(format!("its name is {name}"));
            volume.name = name;
        }
        if let Some(size) = size_gb {
            changes.push(format!("its size is {size} GB"));
            volume.size_gb = size;
            more = volume.billed.then(|| UsdPerHour(volume.rate().0 - old_rate.0));
        }
        if let Some(on) = protected {
            changes.push(format!("deletion protection is {}", if on { "on" } else { "off" }));
            volume.protected = on;
        }
    }
    if let Some(more) = more {
        state.charge(&owned.payer(), more);
    }
    let message = format!("Storage volume {id} edited: {}.", changes.join(", "));
    let work = Work { kind: RequestType::StorageEdit, owner: &owned, object: id.as_str(), cluster: None };
    state.begin(&work, vec![Phase::completed(message.clone())]);
    Ok(said(StatusCode::ACCEPTED, message))
}

pub(super) fn destroy(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let volume = state.find_volume(&owner, call.parameter())?;
    let (id, owned) = (volume.id.clone(), volume.owner.clone());
    if volume.status == StorageStatus::Destroying {
        return Err(Refusal::conflict(format!("Storage volume {id} is being destroyed already")));
    }
    if volume.protected {
        return Err(Refusal::conflict(format!(
            "Deletion protection is enabled for storage volume {id} and must be disabled before it can be destroyed"
        )));
    }
    if let Some(cluster) = volume.attached.first() {
        return Err(Refusal::conflict(format!(
            "Storage volume {id} is attached to cluster {cluster}; detach it first"
        )));
    }
    if state.is_busy(id.as_str()) {
        return Err(Refusal::conflict(format!("Another operation on storage volume {id} is under way")));
    }
    let becomes = |status| Step::Volume { id: id.clone(), status };
    let phases = vec![
        Phase::processing(state.config.timings.storage_destroy, format!("Destroying storage volume {id}"))
            .step(becomes(StorageStatus::Destroying)),
        Phase::completed(format!("Storage volume {id} destroyed")).step(becomes(StorageStatus::Destroyed)),
    ];
    let work = Work { kind: RequestType::StorageDestroy, owner: &owned, object: id.as_str(), cluster: None };
    let mut destroyed = StorageDestroyed::default();
    destroyed.storage_id = Some(id.clone());
    destroyed.request_id = Some(state.begin(&work, phases));
    destroyed.message = Some(format!("Storage volume {id} is being destroyed"));
    accepted(&destroyed)
}
