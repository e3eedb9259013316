//! Object storage on and off, its keys, and configuration for other programs (contract §6).

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answered, Refusal, ok, said};
use crate::call::Call;
use crate::state::State;
use crate::state::object_storage::{ENDPOINT, ObjectStorage, REGION};

/// The caller's organization; whoever is in none is not permitted. The status is a guess.
pub(super) fn organization(state: &State, call: &Call<'_>) -> Result<String, Refusal> {
    state.user(call)?.organization.clone().ok_or_else(|| {
        let message = "Object storage needs a TensorPool organization; contact team@tensorpool.dev";
        Refusal::said(StatusCode::FORBIDDEN, message)
    })
}

/// The organization's storage, if it is on.
pub(super) fn enabled<'s>(
    state: &'s mut State,
    organization: &str,
) -> Result<&'s mut ObjectStorage, Refusal> {
    let storage = state.object_storage.get_mut(organization).filter(|storage| storage.enabled);
    storage.ok_or_else(|| {
        let message = "Object storage is not enabled. Turn it on with `tp object-storage enable`.";
        Refusal::said(StatusCode::NOT_FOUND, message)
    })
}

pub(super) fn enable(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    let storage = state.object_storage.entry(organization.clone()).or_default();
    if storage.enabled {
        return Err(Refusal::conflict(
            "Object storage is enabled already. See `tp object-storage credentials`.",
        ));
    }
    storage.enabled = true;
    storage.generation += 1;
    ok(&keys(state, &organization, Some("Object storage enabled")))
}

/// Refused while there are buckets. That is a guess, and the kind one.
pub(super) fn disable(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    let storage = enabled(state, &organization)?;
    if !storage.buckets.is_empty() {
        return Err(Refusal::conflict("Object storage has buckets; delete them first"));
    }
    storage.enabled = false;
    Ok(said(StatusCode::OK, "Object storage disabled"))
}

pub(super) fn credentials(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    enabled(state, &organization)?;
    ok(&keys(state, &organization, None))
}

pub(super) fn rotate_keys(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    enabled(state, &organization)?.generation += 1;
    ok(&keys(state, &organization, Some("Keys rotated. The old ones no longer work.")))
}

// Core's types for these answers cannot be serialised: they hold secrets.
fn keys(state: &State, organization: &str, message: Option<&str>) -> Value {
    let keys = state.object_keys(organization);
    let mut answer = json!({
        "access_key_id": keys.id, "secret_access_key": keys.secret, "endpoint": ENDPOINT, "region": REGION,
    });
    if let (Some(object), Some(message)) = (answer.as_object_mut(), message) {
        object.insert("message".to_owned(), message.into());
    }
    answer
}

pub(super) fn configure_aws(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    enabled(state, &organization)?;
    let keys = state.object_keys(&organization);
    let credentials =
        format!("[tp]\naws_access_key_id = {}\naws_secret_access_key = {}\n", keys.id, keys.secret);
    ok(&json!({
        "profile_name": "tp",
        "credentials_file": credentials,
        "config_file": format!("[profile tp]\nregion = {REGION}\n"),
        "endpoint": ENDPOINT,
        "message": "AWS configuration for the profile tp",
    }))
}

pub(super) fn configure_rclone(state: &mut State, call: &Call<'_>) -> Answered {
    let organization = organization(state, call)?;
    enabled(state, &organization)?;
    let keys = state.object_keys(&organization);
    let section = format!(
        "[tp]\ntype = s3\nprovider = Other\naccess_key_id = {}\nsecret_access_key = {}\nendpoint = {ENDPOINT}\n\
         region = {REGION}\n",
        keys.id, keys.secret
    );
    ok(
        &json!({ "remote_name": "tp", "rclone_config": section, "message": "rclone configuration for the remote tp" }),
    )
}
