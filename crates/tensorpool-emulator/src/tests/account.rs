//! Users, organizations, keys, preferences and money.

use tensorpool_core::api::cluster::*;
use tensorpool_core::api::health::CheckHealth;
use tensorpool_core::api::ssh_key::*;
use tensorpool_core::api::storage::{CreateStorage, EditStorage, ListStorage};
use tensorpool_core::api::user::*;

use super::{KEY, Lab, config};

#[test]
fn everybody_learns_who_they_are() {
    let mut lab = Lab::new();
    assert_eq!(lab.call(GetMe).unwrap().email.as_deref(), Some("ada@example.com"));
    assert!(lab.call(GetUserInfo).unwrap().message.unwrap().contains("Example Lab"));
    let organization = lab.call(GetOrganization).unwrap();
    let emails: Vec<_> = organization.members.iter().map(|m| m.email.as_str()).collect();
    assert_eq!((emails, organization.balance.0), (vec!["ada@example.com", "bob@example.com"], 1000.0));
    lab.is("carol");
    assert!(lab.call(GetOrganization).unwrap_err().is_not_found());
    assert!(lab.call(GetUserInfo).unwrap().message.unwrap().contains("none"));
}

#[test]
fn the_organization_is_listed_instead_of_oneself() {
    let mut lab = Lab::new();
    lab.create(CreateCluster::new("1xH100").name("hers"));
    lab.is("bob");
    lab.create(CreateCluster::new("1xH100").name("his"));
    lab.is("carol");
    lab.create(CreateCluster::new("1xH100").name("hers"));
    let names = |lab: &mut Lab, organization| -> Vec<String> {
        let clusters = lab.call(ListClusters::new().include_org(organization)).unwrap().clusters;
        clusters.into_iter().filter_map(|c| c.name).collect()
    };
    lab.is("ada");
    assert_eq!(names(&mut lab, false), ["hers"]);
    assert_eq!(names(&mut lab, true), ["hers", "his"]);
    for spelling in ["include_org=True", "include_org=1", "include_org=yes", "org=true"] {
        let (_, answer) = lab.raw("GET", &format!("/cluster/list?{spelling}"), "");
        assert_eq!(answer["clusters"].as_array().unwrap().len(), 2, "{spelling}");
    }
    assert_eq!(lab.raw("GET", "/cluster/list?include_org=perhaps", "").0, 422);
    assert_eq!(lab.status(GetCluster::new("his")), 200, "members reach each other's");
    assert_eq!(lab.status(EditCluster::new("his").name("hers")), 409, "names are the organization's");
    lab.is("carol");
    assert_eq!((names(&mut lab, false).len(), names(&mut lab, true).len()), (1, 0));
    assert_eq!(lab.status(GetCluster::new("his")), 404, "others do not even learn that it exists");
    assert_eq!(lab.call(ListStorage::new().include_org(true)).unwrap().volumes.len(), 0);
}

#[test]
fn what_runs_costs() {
    let mut lab = Lab::new();
    lab.running("8xH100", "a");
    assert_eq!(lab.engine.spending("u-1").unwrap().0, 15.92);
    lab.wait(3600);
    lab.call(GetMe).unwrap();
    let balance = lab.engine.balance("u-1").unwrap();
    assert!((balance - 984.08).abs() < 1e-6, "an hour after it began to run: {balance}");
    assert_eq!(lab.engine.balance("u-2"), lab.engine.balance("u-1"), "shared");
    assert_eq!(lab.engine.balance("u-3"), Some(1000.0));
    lab.call(DestroyCluster::new("a")).unwrap();
    lab.wait(36_000);
    lab.call(GetMe).unwrap();
    assert!((lab.engine.balance("u-1").unwrap() - 984.08).abs() < 1e-6);

    let volume = lab.ready(730);
    lab.call(EditStorage::new(&volume).size_gb(7300)).unwrap();
    assert!((lab.engine.spending("u-1").unwrap().0 - 1.0).abs() < 1e-9);
}

#[test]
fn without_money_nothing_new_begins_and_nothing_ends() {
    let mut lab = Lab::with(config().balance(16.0));
    assert!(lab.call(CreateCluster::new("8xB300")).unwrap_err().is_out_of_funds());
    assert_eq!(lab.engine.clusters_created(), 0);
    lab.running("8xH100", "a");
    lab.wait(7200);
    assert!(lab.call(CreateCluster::new("1xH100")).unwrap_err().is_out_of_funds());
    assert!(lab.call(CreateStorage::new(100)).unwrap_err().is_out_of_funds());
    assert_eq!(lab.status(GetCluster::new("a")), 200);
    assert!(lab.engine.balance("u-1").unwrap() < 0.0);
    lab.engine.set_balance("u-1", 2.0);
    assert_eq!(lab.status(CreateStorage::new(100)), 202, "a day of it is 0.33 USD");
    assert_eq!(lab.status(CreateStorage::new(1000)), 402, "a day of it is 3.29 USD");
}

#[test]
fn keys_belong_to_their_user_and_organization() {
    let mut lab = Lab::new();
    let id = lab.call(AddSshKey::new(KEY)).unwrap().key_id;
    let keys = lab.call(ListSshKeys::new()).unwrap().keys;
    assert_eq!(keys[0].name.as_deref(), Some("ada@example.com"), "named after the user");
    assert!(id.as_str().starts_with("k-"));
    assert_eq!(lab.status(AddSshKey::new(KEY)), 409);
    assert_eq!(lab.status(AddSshKey::new("not a key")), 400);
    lab.is("bob");
    assert_eq!(lab.call(ListSshKeys::new()).unwrap().keys.len(), 0);
    assert_eq!(lab.call(ListSshKeys::new().include_org(true)).unwrap().keys.len(), 1);
    lab.is("carol");
    assert_eq!(lab.status(RemoveSshKey::new(&id)), 404);
    lab.is("ada");
    lab.call(RemoveSshKey::new(&id)).unwrap();
    assert_eq!(lab.status(RemoveSshKey::new(&id)), 404);
}

#[test]
fn preferences_keep_their_rules() {
    let mut lab = Lab::new();
    let changed = lab.call(EditPreferences::new().notify_email_cluster_create(false)).unwrap();
    assert!(!changed.notify_email_cluster_create && changed.notify_email_cluster_destroy);
    assert_eq!(lab.call(GetPreferences).unwrap(), changed);
    let patch = |lab: &mut Lab, body: &str| lab.raw("PATCH", "/user/preferences", body).0;
    assert_eq!(patch(&mut lab, r#"{"balance_warning_threshold":0}"#), 422);
    assert_eq!(patch(&mut lab, r#"{"autopay_reload_threshold":19.99}"#), 422);
    assert_eq!(patch(&mut lab, r#"{"balance_warning_threshold":20,"autopay_reload_threshold":20}"#), 400);
    assert_eq!(patch(&mut lab, r#"{"balance_warning_threshold":50,"autopay_reload_threshold":20}"#), 200);
    assert_eq!(patch(&mut lab, r#"{"autopay_reload_threshold":60}"#), 400, "above the other's old value");
    assert_eq!(patch(&mut lab, r#"{"autopay_enabled":true}"#), 400, "no payment method");
    let cleared = lab.call(EditPreferences::new().clear_balance_warning_threshold()).unwrap();
    assert_eq!(
        (cleared.balance_warning_threshold, cleared.autopay_reload_threshold.unwrap().0),
        (None, 20.0)
    );
    lab.is("carol");
    assert_eq!(lab.status(EditPreferences::new().autopay_enabled(true)), 400, "no threshold");
    let on = EditPreferences::new().autopay_enabled(true).autopay_reload_threshold(25.0);
    assert!(lab.call(on).unwrap().autopay_enabled);
}

#[test]
fn an_old_client_is_sent_away() {
    let mut lab = Lab::with(config().minimum_version("0.0.9"));
    assert_eq!(lab.status(CheckHealth::new("0.0.9")), 200);
    assert_eq!(lab.status(CheckHealth::new("0.0.10")), 200);
    let error = lab.call(CheckHealth::new("0.0.8")).unwrap_err();
    assert!(error.server_message().unwrap().contains("upgrade"), "{error}");
}
