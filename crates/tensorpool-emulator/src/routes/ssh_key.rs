//! SSH keys on the account (contract §7.4 to §7.6).

use tensorpool_core::SshKeyId;
use tensorpool_core::api::ssh_key::{SshKeyAdded, SshKeyList};

use http::StatusCode;

use crate::answer::{Answered, Refusal, ok, said};
use crate::call::Call;
use crate::form::Form;
use crate::state::State;
use crate::state::account::Owner;
use crate::state::ssh_key::is_public_key;
use crate::tables::Table;

pub(super) fn add(state: &mut State, call: &Call<'_>) -> Answered {
    let mut form = Form::read(call.body)?;
    let text = form.required_text(&["public_key"]);
    let name = form.text(&["name"]).filter(|name| !name.is_empty());
    form.check()?;
    if !is_public_key(&text) {
        return Err(Refusal::bad_request(
            "Invalid public key: it must be in OpenSSH format, such as ssh-ed25519 AAAA…",
        ));
    }
    let user = state.user(call)?;
    let (owner, name) = (Owner::of(user), name.unwrap_or_else(|| user.email.clone()));
    if let Some(same) = state.same_key(&owner, &text) {
        return Err(Refusal::conflict(format!("This key is on your account already, as {}", same.id)));
    }
    let id = state.keep_key(&owner, name.clone(), &text);
    let mut added = SshKeyAdded::new(id.clone());
    added.message = Some(format!("SSH key {id} ({name}) added. It will be on every new cluster."));
    ok(&added)
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Answered {
    let (owner, organization) = (state.owner(call)?, call.include_org()?);
    let mut table = Table::new(&["KEY ID", "NAME", "TYPE", "KEY"]);
    let mut keys = Vec::new();
    for key in state.keys.iter().filter(|key| owner.lists(&key.owner, organization)) {
        let mut words = key.text.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        let end: String = words.next().unwrap_or_default().chars().rev().take(12).collect();
        let end: String = end.chars().rev().collect();
        table.row([key.id.to_string(), key.name.clone(), kind, format!("…{end}")]);
        keys.push(key.info());
    }
    let message = if keys.is_empty() {
        "No SSH keys. Add one with `tp me sshkey add ~/.ssh/id_ed25519.pub`.".to_owned()
    } else {
        table.render()
    };
    let mut answer = SshKeyList::new(keys);
    answer.message = Some(message);
    ok(&answer)
}

pub(super) fn remove(state: &mut State, call: &Call<'_>) -> Answered {
    let (owner, id) = (state.owner(call)?, SshKeyId::from(call.parameter()));
    let place = state.keys.iter().position(|key| key.id == id && owner.reaches(&key.owner));
    let place = place.ok_or_else(|| Refusal::not_found("SSH key", id.as_str()))?;
    state.keys.remove(place);
    Ok(said(StatusCode::OK, format!("SSH key {id} removed. Clusters that have it keep it.")))
}
