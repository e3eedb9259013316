//! The routes: each catalogue name and what answers it.

mod attachment;
mod bucket;
mod cluster;
mod cluster_change;
mod cluster_create;
pub(crate) mod files;
pub(crate) mod health;
mod job;
mod object_storage;
pub(crate) mod pull;
pub(crate) mod request;
mod ssh;
mod ssh_key;
mod storage;
mod storage_change;
mod user;
mod user_preferences;

use http::StatusCode;

use crate::answer::{Answered, Refusal};
use crate::call::Call;
use crate::state::State;

/// Answers the route of this name; `health.healthz`, which nobody needs a token for, is answered before.
pub(crate) fn answer(name: &str, state: &mut State, call: &Call<'_>) -> Answered {
    match name {
        "health.healthz" => health::healthz(),
        "health.check" => health::check(state, call),
        "user.me" => user::me(state, call),
        "user.info" => user::info(state, call),
        "user.organization" => user::organization(state, call),
        "user.preferences" => user_preferences::get(state, call),
        "user.edit_preferences" => user_preferences::edit(state, call),
        "ssh_key.add" => ssh_key::add(state, call),
        "ssh_key.list" => ssh_key::list(state, call),
        "ssh_key.remove" => ssh_key::remove(state, call),
        "ssh.command" => ssh::command(state, call),
        "cluster.create" => cluster_create::create(state, call),
        "cluster.destroy" => cluster_change::destroy(state, call),
        "cluster.edit" => cluster_change::edit(state, call),
        "cluster.list" => cluster::list(state, call),
        "cluster.info" => cluster::info(state, call),
        "cluster.quote" => cluster::quote(call),
        "cluster.operations" => cluster::operations(state, call),
        "storage.create" => storage_change::create(state, call),
        "storage.destroy" => storage_change::destroy(state, call),
        "storage.edit" => storage_change::edit(state, call),
        "storage.attach" => attachment::attach(state, call),
        "storage.detach" => attachment::detach(state, call),
        "storage.list" => storage::list(state, call),
        "storage.info" => storage::info(state, call),
        "storage.quote" => storage::quote(call),
        "object_storage.enable" => object_storage::enable(state, call),
        "object_storage.disable" => object_storage::disable(state, call),
        "object_storage.credentials" => object_storage::credentials(state, call),
        "object_storage.rotate_keys" => object_storage::rotate_keys(state, call),
        "object_storage.configure_aws" => object_storage::configure_aws(state, call),
        "object_storage.configure_rclone" => object_storage::configure_rclone(state, call),
        "bucket.list" => bucket::list(state, call),
        "bucket.create" => bucket::create(state, call),
        "bucket.delete" => bucket::delete(state, call),
        "job.init" => job::init(),
        "job.list" => job::list(state, call),
        "job.info" => job::info(state, call),
        "job.cancel" => job::cancel(state, call),
        "job.delete" => job::delete(state, call),
        "job.pull" => pull::pull(state, call),
        "request.info" => request::info(state, call),
        // A route that core has learned and this has not.
        _ => Err(Refusal::Detail(StatusCode::NOT_IMPLEMENTED, "The emulator does not know this route")),
    }
}
