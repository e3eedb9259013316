//! The command that logs in to an instance (contract §7.1).

use serde_json::json;
use tensorpool_core::api::ssh::SshCommand;
use tensorpool_core::model::{ClusterStatus, System};

use crate::answer::{Answered, Issue, Refusal, ok};
use crate::call::Call;
use crate::state::State;
use crate::state::cluster::SSH_USER;

pub(super) fn command(state: &State, call: &Call<'_>) -> Answered {
    system(call)?;
    let (owner, id) = (state.owner(call)?, call.parameter());
    let clusters = state.clusters.iter().filter(|c| !c.is_gone() && owner.reaches(&c.owner));
    let mut instances = clusters.flat_map(|c| c.instances.iter().map(move |instance| (c, instance)));
    let found = instances.find(|(_, instance)| instance.id == id || instance.name == id);
    let (cluster, instance) = found.ok_or_else(|| Refusal::not_found("Instance", id))?;
    if cluster.status != ClusterStatus::Running {
        let (id, status) = (&cluster.id, &cluster.status);
        return Err(Refusal::conflict(format!(
            "Cluster {id} is {status}; it can be logged in to once it is RUNNING"
        )));
    }
    let entrance = cluster.entrance().and_then(|entrance| entrance.public_ip.as_deref()).unwrap_or_default();
    let command = match &instance.public_ip {
        Some(ip) => format!("ssh -p 22 {SSH_USER}@{ip}"),
        // Workers have private addresses only: one goes through the jumphost (contract §4.9). The form is a guess.
        None => format!("ssh -J {SSH_USER}@{entrance}:22 -p 22 {SSH_USER}@{}", instance.private_ip),
    };
    ok(&SshCommand::new(command))
}

/// The caller's system: any case is taken, as the official client sends `Linux` here and `linux` elsewhere
/// (contract §13.16).
pub(super) fn system(call: &Call<'_>) -> Result<Option<System>, Refusal> {
    let Some(text) = call.text("system").filter(|text| !text.is_empty()) else { return Ok(None) };
    match System::from(text) {
        System::Unknown(_) => {
            let message = "Input should be 'windows', 'linux' or 'darwin'";
            let issue = Issue::new("enum", &["query", "system"], message, text.into());
            Err(Refusal::Invalid(vec![
                issue.context(json!({ "expected": "'windows', 'linux' or 'darwin'" })),
            ]))
        }
        system => Ok(Some(system)),
    }
}
