//! Where a job's outputs are: a command, or signed URLs (contract §3.4).

use serde_json::{Map, Value, json};

use crate::answer::{Answered, Refusal, ok};
use crate::call::Call;
use crate::state::State;
use crate::state::cluster::SSH_USER;
use crate::state::job::Job;
use crate::tables::counted;

use super::{files, ssh};

pub(super) fn pull(state: &State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let (dry_run, system) = (call.flag("dry_run")?, ssh::system(call)?);
    let job = state.find_job(&owner, call.parameter())?;
    if job.is_live() {
        if system.is_none() {
            return Err(Refusal::bad_request("system is needed while the job's instance can be reached"));
        }
        let command = match job.download() {
            Some(command) => command.to_owned(),
            None => rsync(state, job, call.text("private_key_path")),
        };
        let message = format!("Job {} is {}: fetching its outputs from its instance", job.id, job.status);
        // Empty and not null: the official client takes null for a failure, even after a command that worked.
        return ok(&answer(&message, json!({}), Some(command)));
    }
    if !job.status.is_terminal() {
        let message = format!("Job {} is {}: it has no outputs yet", job.id, job.status);
        return Err(Refusal::conflict(message));
    }
    // The filter is documented on older pages only; the emulator honours it (contract §13.9).
    let wanted = call.texts("files");
    let files = job.files.keys().filter(|path| wanted.is_empty() || wanted.contains(&path.as_str()));
    let map: Map<String, Value> = files
        .map(|path| {
            let url = (!dry_run).then(|| files::sign(state, call, &job.id, path));
            (path.clone(), json!(url))
        })
        .collect();
    let message = match map.len() {
        0 => "No changed files to pull".to_owned(),
        count => counted(count, "file"),
    };
    ok(&answer(&message, Value::Object(map), None))
}

// Core's type for this answer cannot be serialised: it holds signed URLs.
fn answer(message: &str, map: Value, command: Option<String>) -> Value {
    json!({
        "message": message,
        "download_map": map,
        "command_show_stdout": command.as_ref().map(|_| true),
        "command": command,
    })
}

/// Nobody has seen the real command; a third party's example is an rsync from the instance to here.
fn rsync(state: &State, job: &Job, key: Option<&str>) -> String {
    let cluster = job.cluster.as_ref().and_then(|id| state.clusters.get(id.as_str()));
    let entrance = cluster.and_then(|cluster| cluster.entrance());
    let ip = entrance.and_then(|instance| instance.public_ip.as_deref()).unwrap_or("203.0.113.1");
    let key = key.map(|path| format!("-i {} ", quoted(path))).unwrap_or_default();
    let shell = format!("ssh {key}-p 22 -o StrictHostKeyChecking=accept-new");
    format!("rsync -avz -e {} {SSH_USER}@{ip}:/home/{SSH_USER}/{}/ ./", quoted(&shell), job.id)
}

/// One word for a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/@:".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
