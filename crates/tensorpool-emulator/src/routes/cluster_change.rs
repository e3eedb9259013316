//! Editing and destroying a cluster (contract §4.2, §4.5).

use http::StatusCode;
use tensorpool_core::api::cluster::ClusterDestroyed;
use tensorpool_core::model::{ClusterStatus, RequestType};

use crate::answer::{Answered, Refusal, accepted, said};
use crate::call::Call;
use crate::form::Form;
use crate::state::State;
use crate::state::agenda::Phase;
use crate::state::request::Work;

use super::cluster_create::check_name;

/// Applied at once: the documented answer names no request that could be followed. One is kept, completed, among the
/// cluster's operations.
pub(super) fn edit(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let mut form = Form::read(call.body)?;
    let name = form.text(&["cluster_name", "tp_cluster_name"]);
    let protected = form.boolean(&["deletion_protection"]);
    check_name(&mut form, "cluster_name", name.as_deref());
    form.check()?;
    let cluster = state.find_cluster(&owner, call.parameter())?;
    let (id, owned) = (cluster.id.clone(), cluster.owner.clone());
    if cluster.status == ClusterStatus::Destroying {
        return Err(Refusal::conflict(format!("Cluster {id} is being destroyed")));
    }
    if name.is_none() && protected.is_none() {
        return Err(Refusal::bad_request("Nothing to edit: give cluster_name or deletion_protection"));
    }
    if let Some(name) = name.as_deref().filter(|name| state.name_is_taken(&owner, name, Some(&id))) {
        return Err(Refusal::conflict(format!("A cluster named {name} exists already")));
    }
    let mut changes = Vec::new();
    if let Some(cluster) = state.clusters.get_mut(id.as_str()) {
        if let Some(name) = name {
            changes.push(format!("its name is {name}"));
            cluster.name = name;
        }
        if let Some(on) = protected {
            changes.push(format!("deletion protection is {}", if on { "on" } else { "off" }));
            cluster.protected = on;
        }
    }
    let message = format!("Cluster {id} edited: {}.", changes.join(", "));
    let work =
        Work { kind: RequestType::ClusterEdit, owner: &owned, object: id.as_str(), cluster: Some(&id) };
    state.begin(&work, vec![Phase::completed(message.clone())]);
    Ok(said(StatusCode::ACCEPTED, message))
}

pub(super) fn destroy(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let cluster = state.find_cluster(&owner, call.parameter())?;
    let (id, name) = (cluster.id.clone(), cluster.name.clone());
    if cluster.status == ClusterStatus::Destroying {
        return Err(Refusal::conflict(format!("Cluster {id} is being destroyed already")));
    }
    if cluster.protected {
        return Err(Refusal::conflict(format!(
            "Deletion protection is enabled for cluster {id} ({name}) and must be disabled before it can be destroyed"
        )));
    }
    let mut destroyed = ClusterDestroyed::default();
    destroyed.cluster_id = Some(id.clone());
    destroyed.request_id = state.take_down(&id);
    destroyed.message = Some(format!("Cluster {id} ({name}) is being destroyed"));
    accepted(&destroyed)
}
