//! The account: token, preferences, organization, SSH keys.

use tensorpool_client::Transport;
use tensorpool_client::core::api::ssh_key::AddSshKey;
use tensorpool_client::core::api::user::EditPreferences;
use tensorpool_client::core::model::Usd;

use crate::world::{BOB, World};

pub(crate) async fn a_token_is_checked<T: Transport + Clone>(world: &World<T>) {
    let me = world.client().account().me().await.unwrap();
    assert_eq!(me.email.as_deref(), Some("ada@example.com"));

    let stranger = world.client_with(|b| b.token("tp-nobody"));
    let error = stranger.account().me().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert_eq!(error.server_message(), Some("Invalid or missing authentication token"));
    assert!(!format!("{error} {error:?}").contains("tp-nobody"));
}

pub(crate) async fn preferences_and_organization_are_read_and_changed<T: Transport + Clone>(
    world: &World<T>,
) {
    let client = world.client();
    let edit = EditPreferences::new().balance_warning_threshold(150.0).autopay_reload_threshold(50.0);
    let changed = client.account().edit_preferences(edit).await.unwrap();
    assert_eq!(changed.balance_warning_threshold, Some(Usd(150.0)));
    assert_eq!(client.account().preferences().await.unwrap(), changed);

    let organization = client.account().organization().await.unwrap();
    assert_eq!(organization.org_name, "Analytical Engines");
    assert!(organization.balance > Usd(9_000.0));

    let alone = world.client_with(|b| b.token(BOB));
    assert!(alone.account().organization().await.unwrap_err().is_not_found());
    assert!(alone.object_storage().enable().await.unwrap_err().is_forbidden());
}

pub(crate) async fn ssh_keys_come_and_go<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1Yl0F9mM1nJ8dYq5pNq3H6m0x7kH1h3c2yB2m4b5d6 ada";
    let added = client.ssh_keys().add(AddSshKey::new(key).name("laptop")).await.unwrap();
    let keys = client.ssh_keys().list().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].id.as_ref(), keys[0].name.as_deref()), (Some(&added.key_id), Some("laptop")));
    client.ssh_keys().remove(&added.key_id).await.unwrap();
    assert!(client.ssh_keys().list().await.unwrap().is_empty());
    assert!(client.ssh_keys().remove(&added.key_id).await.unwrap_err().is_not_found());
}

pub(crate) async fn an_engine_that_is_up_says_so<T: Transport + Clone>(world: &World<T>) {
    let stranger = world.client_with(|b| b.token("tp-nobody"));
    stranger.account().healthz().await.unwrap();
    assert!(stranger.account().check_health().await.unwrap_err().is_unauthorized());
    world.client().account().check_health().await.unwrap();
}
