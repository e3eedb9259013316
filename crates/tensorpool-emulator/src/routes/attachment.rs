//! Attaching volumes to clusters and detaching them; both restart all nodes (contract §5.3, §5.4).

use tensorpool_core::api::storage::{StorageAttached, StorageDetached};
use tensorpool_core::model::{ClusterStatus, RequestType, StorageStatus};
use tensorpool_core::{ClusterId, StorageId};

use crate::answer::{Answered, Refusal, accepted};
use crate::call::Call;
use crate::form::Form;
use crate::state::State;
use crate::state::account::Owner;
use crate::state::agenda::{Phase, Step};
use crate::state::cluster::Cluster;
use crate::state::request::Work;
use crate::state::storage::Volume;

pub(super) fn attach(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let mut form = Form::read(call.body)?;
    let storage = form.required_text(&["storage_id"]);
    let clusters = form.required_texts(&["cluster_ids"]);
    form.check()?;
    let volume = ready(state, &owner, &storage)?;
    let id = volume.id.clone();
    if clusters.is_empty() {
        return Err(Refusal::bad_request("cluster_ids is empty"));
    }
    // All are checked before any is touched.
    let mut ids: Vec<ClusterId> = Vec::new();
    for cluster in &clusters {
        let cluster = running(state, &owner, cluster)?;
        if !cluster.takes_storage() {
            return Err(Refusal::conflict(format!(
                "Cluster {} ({}) cannot take storage: only multi-node GPU types and CPU types can",
                cluster.id, cluster.instance_type
            )));
        }
        if volume.attached.contains(&cluster.id) {
            return Err(Refusal::conflict(format!(
                "Storage volume {id} is attached to {} already",
                cluster.id
            )));
        }
        if !ids.contains(&cluster.id) {
            ids.push(cluster.id.clone());
        }
    }
    let mut attached = StorageAttached::default();
    for cluster in &ids {
        let step = Step::Attach { storage: id.clone(), cluster: cluster.clone() };
        let texts = [
            format!("Attaching {id} to {cluster}: restarting its nodes"),
            format!("Storage volume {id} is attached to {cluster} on /mnt/{id}"),
        ];
        attached.request_ids.push(restart(state, RequestType::StorageAttach, &id, cluster, step, texts));
    }
    let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
    attached.message =
        Some(format!("Attaching storage volume {id} to {}; its nodes restart", names.join(", ")));
    attached.storage_id = Some(id);
    attached.cluster_ids = ids;
    accepted(&attached)
}

pub(super) fn detach(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let mut form = Form::read(call.body)?;
    let storage = form.required_text(&["storage_id"]);
    let cluster = form.required_text(&["cluster_id"]);
    form.check()?;
    let volume = ready(state, &owner, &storage)?;
    let cluster = running(state, &owner, &cluster)?;
    let (id, cluster) = (volume.id.clone(), cluster.id.clone());
    if !volume.attached.contains(&cluster) {
        return Err(Refusal::conflict(format!("Storage volume {id} is not attached to {cluster}")));
    }
    let step = Step::Detach { storage: id.clone(), cluster: cluster.clone() };
    let texts = [
        format!("Detaching {id} from {cluster}: restarting its nodes"),
        format!("Storage volume {id} is detached from {cluster}"),
    ];
    let request = restart(state, RequestType::StorageDetach, &id, &cluster, step, texts);
    let mut detached = StorageDetached::default();
    detached.message = Some(format!("Detaching storage volume {id} from {cluster}; its nodes restart"));
    detached.storage_id = Some(id);
    detached.cluster_id = Some(cluster);
    detached.request_id = Some(request);
    accepted(&detached)
}

fn ready<'s>(state: &'s State, owner: &Owner, id: &str) -> Result<&'s Volume, Refusal> {
    let volume = state.find_volume(owner, id)?;
    if volume.status != StorageStatus::Ready {
        let message = format!("Storage volume {id} is {}; it must be READY", volume.status);
        return Err(Refusal::conflict(message));
    }
    Ok(volume)
}

fn running<'s>(state: &'s State, owner: &Owner, id: &str) -> Result<&'s Cluster, Refusal> {
    let cluster = state.find_cluster_by_id(owner, id)?;
    if cluster.status != ClusterStatus::Running {
        return Err(Refusal::conflict(format!("Cluster {id} is {}; it must be RUNNING", cluster.status)));
    }
    Ok(cluster)
}

fn restart(
    state: &mut State,
    kind: RequestType,
    storage: &StorageId,
    cluster: &ClusterId,
    step: Step,
    [during, done]: [String; 2],
) -> tensorpool_core::RequestId {
    let becomes = |status| Step::Cluster { id: cluster.clone(), status };
    let phases = vec![
        Phase::processing(state.config.timings.restart, during).step(becomes(ClusterStatus::Configuring)),
        Phase::completed(done).step(step).step(becomes(ClusterStatus::Running)),
    ];
    let owner = state.clusters.get(cluster.as_str()).map(|cluster| cluster.owner.clone());
    let owner = owner.unwrap_or_else(|| Owner { uid: String::new(), organization: None });
    let work = Work { kind, owner: &owner, object: storage.as_str(), cluster: Some(cluster) };
    state.begin(&work, phases)
}
