//! Who the user is, and who they belong to (contract §7.2, §7.3, §7.8).

use http::StatusCode;
use serde_json::json;
use tensorpool_core::api::user::{Me, Member, Organization, UserInfo};
use tensorpool_core::model::{Usd, UsdPerHour};

use crate::answer::{Answered, Refusal, ok};
use crate::call::Call;
use crate::state::State;
use crate::state::account::{Owner, Wallet};
use crate::tables::{counted, facts};

pub(super) fn me(state: &State, call: &Call<'_>) -> Answered {
    let user = state.user(call)?;
    let mut me = Me::default();
    me.uid = Some(user.uid.clone());
    me.email = Some(user.email.clone());
    ok(&me)
}

pub(super) fn info(state: &State, call: &Call<'_>) -> Answered {
    let user = state.user(call)?;
    let owner = Owner::of(user);
    let organization = user.organization.as_deref().and_then(|id| state.organization(id));
    let balance = state.balance(&owner.payer());
    let rate = state.wallets.get(&owner.payer()).map_or(UsdPerHour(0.0), Wallet::rate);
    let clusters = state.clusters.iter().filter(|c| !c.is_gone() && c.owner.uid == user.uid).count();
    let volumes = state.volumes.iter().filter(|v| !v.is_gone() && v.owner.uid == user.uid).count();
    let keys = state.keys.iter().filter(|key| key.owner.uid == user.uid).count();
    let name = organization.map(|o| o.name.clone());
    let message = facts(&[
        ("Email", user.email.clone()),
        ("User ID", user.uid.clone()),
        ("Organization", name.clone().unwrap_or_else(|| "none".to_owned())),
        ("Balance", Usd(balance).to_string()),
        ("Spending", rate.to_string()),
        ("Resources", format!("{}, {}", counted(clusters, "cluster"), counted(volumes, "storage volume"))),
        ("SSH keys", keys.to_string()),
    ]);
    let mut info = UserInfo::default();
    info.message = Some(message);
    // Other fields than the message are unknown.
    let extra = [
        ("uid", json!(user.uid)),
        ("email", json!(user.email)),
        ("org_name", json!(name)),
        ("balance", json!(balance)),
    ];
    info.extra = extra.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    ok(&info)
}

pub(super) fn organization(state: &State, call: &Call<'_>) -> Answered {
    let user = state.user(call)?;
    let organization = user.organization.as_deref().and_then(|id| state.organization(id));
    // The status is inferred (contract §7.8).
    let organization = organization
        .ok_or_else(|| Refusal::said(StatusCode::NOT_FOUND, "You are not a member of an organization"))?;
    let members = state.config.users.iter().filter(|u| u.organization.as_ref() == Some(&organization.id));
    let members: Vec<_> = members.map(|u| Member::new(u.uid.clone(), u.email.clone())).collect();
    let balance = state.balance(&Owner::organization_payer(&organization.id));
    ok(&Organization::new(organization.name.clone(), members, balance))
}
