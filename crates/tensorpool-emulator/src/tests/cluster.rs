//! Clusters, from order to destruction.

use tensorpool_core::api::cluster::*;
use tensorpool_core::api::request::GetRequest;
use tensorpool_core::api::ssh::GetSshCommand;
use tensorpool_core::api::ssh_key::{AddSshKey, ListSshKeys};
use tensorpool_core::model::{ClusterStatus, RequestStatus, RequestType};
use tensorpool_core::{Time, retry_after};

use super::{KEY, Lab, config};

fn life(lab: &mut Lab, name: &str) -> String {
    lab.call(GetCluster::new(name)).unwrap().cluster_info.status.unwrap().to_string()
}

#[test]
fn a_cluster_is_ordered_runs_and_is_destroyed() {
    let mut lab = Lab::new();
    let created = lab.create(CreateCluster::new("8xH100").name("train"));
    let claim = created.request_id.unwrap();
    assert_eq!(created.instance_ids.len(), 1);

    let mut seen = Vec::new();
    for (at, status, request) in [
        (0, "PENDING", RequestStatus::Pending),
        (5, "PROVISIONING", RequestStatus::Processing),
        (49, "PROVISIONING", RequestStatus::Processing),
        (50, "CONFIGURING", RequestStatus::Processing),
        (90, "RUNNING", RequestStatus::Completed),
    ] {
        lab.now = Time::secs(at);
        assert_eq!(life(&mut lab, "train"), status, "at {at} s");
        let info = lab.request(&claim);
        assert_eq!((info.status, info.request_type), (request, Some(RequestType::ClusterClaim)));
        assert_eq!(info.object_id.as_deref(), Some(created.cluster_id.as_str()));
        seen.push(info.external_message.unwrap());
    }
    seen.dedup();
    assert_eq!(seen.len(), 4, "each phase says something else: {seen:?}");

    let destroyed = lab.call(DestroyCluster::new("train")).unwrap();
    assert_eq!(life(&mut lab, "train"), "DESTROYING");
    assert_eq!(lab.status(DestroyCluster::new("train")), 409, "once is enough");
    lab.wait(20);
    assert_eq!(lab.status(GetCluster::new("train")), 404);
    assert_eq!(lab.status(DestroyCluster::new("train")), 404);
    assert_eq!(lab.call(ListClusters::new()).unwrap().clusters.len(), 0);
    assert!(lab.request(&destroyed.request_id.unwrap()).status.is_completed());
    assert_eq!((lab.engine.cluster_count(), lab.engine.clusters_created()), (0, 1));
}

#[test]
fn polling_is_told_when_to_come_back_and_the_end_is_not() {
    let mut lab = Lab::new();
    let claim = lab.create(CreateCluster::new("1xH100")).request_id.unwrap();
    let wait = |lab: &mut Lab, at| {
        lab.now = at;
        retry_after(lab.answer(&GetRequest::new(claim.clone())).headers()).map(|d| d.as_secs())
    };
    assert_eq!(wait(&mut lab, Time::ZERO), Some(5));
    assert_eq!(wait(&mut lab, Time::millis(4_100)), Some(1), "rounded up");
    assert_eq!(wait(&mut lab, Time::secs(5)), Some(10), "clamped");
    assert_eq!(wait(&mut lab, Time::secs(90)), None);
}

#[test]
fn several_nodes_come_with_a_jumphost() {
    let mut lab = Lab::new();
    let created = lab.create(CreateCluster::new("8xH200").num_nodes(2).name("big"));
    assert_eq!(created.instance_ids.len(), 3);
    lab.wait(90);
    let cluster = lab.call(GetCluster::new("big")).unwrap().cluster_info;
    let instances = cluster.instances.unwrap();
    let field = |name: &str| instances.iter().map(|i| i.extra[name].clone()).collect::<Vec<_>>();
    let id = created.cluster_id;
    assert_eq!(field("name"), [format!("{id}-jumphost"), format!("{id}-0"), format!("{id}-1")]);
    assert_eq!(field("public_ip").iter().filter(|ip| ip.is_string()).count(), 1);
    assert_eq!(cluster.extra["hourly_rate"], 47.84);

    let login = |lab: &mut Lab, at: usize| {
        lab.call(GetSshCommand::new(created.instance_ids[at].clone())).unwrap().command
    };
    assert!(login(&mut lab, 0).starts_with("ssh -p 22 ubuntu@203.0.113."));
    assert!(login(&mut lab, 1).contains("-J ubuntu@203.0.113."), "a worker is reached through the jumphost");

    assert_eq!(lab.status(CreateCluster::new("8xH100").num_nodes(2)), 400);
    assert_eq!(lab.status(CreateCluster::new("8xH200").num_nodes(1)), 202);
    assert_eq!(lab.status(CreateCluster::new("8xB200").num_nodes(1_000_000)), 400);
    assert_eq!(lab.call(QuoteCluster::new("8xH200").num_nodes(2)).unwrap().hourly_rate.0, 47.84);
}

#[test]
fn one_logs_in_only_once_it_runs() {
    let mut lab = Lab::new();
    let created = lab.create(CreateCluster::new("1xH100"));
    let login = GetSshCommand::new(created.instance_ids[0].clone());
    assert_eq!(lab.status(login.clone()), 409);
    lab.wait(90);
    assert_eq!(lab.status(login), 200);
    assert_eq!(lab.raw("GET", &format!("/ssh/{}?system=Linux", created.instance_ids[0]), "").0, 200);
    assert_eq!(lab.raw("GET", &format!("/ssh/{}?system=plan9", created.instance_ids[0]), "").0, 422);
    assert_eq!(lab.status(GetSshCommand::new("i-none")), 404);
}

#[test]
fn protection_and_names_are_kept() {
    let mut lab = Lab::new();
    let id = lab.create(CreateCluster::new("1xH100").name("a").deletion_protection(true)).cluster_id;
    lab.create(CreateCluster::new("1xH100").name("b"));
    assert!(lab.call(CreateCluster::new("1xH100").name("a")).unwrap_err().is_conflict());
    let refused = lab.call(DestroyCluster::new("a")).unwrap_err();
    assert!(refused.is_conflict() && refused.server_message().unwrap().contains("protection"), "{refused}");
    assert_eq!(lab.status(EditCluster::new("a").name("b")), 409);
    lab.call(EditCluster::new(id.clone()).name("c").deletion_protection(false)).unwrap();
    // The older spelling of the name (contract §13.2).
    assert_eq!(lab.raw("PATCH", "/cluster/edit/c", r#"{"tp_cluster_name":"d"}"#).0, 202);
    assert_eq!(lab.raw("PATCH", "/cluster/edit/d", "{}").0, 400);
    lab.call(DestroyCluster::new("d")).unwrap();
    let edits = lab.call(ListClusterOperations::new(id).request_type(RequestType::ClusterEdit)).unwrap();
    assert_eq!(edits.operations.len(), 2);
}

#[test]
fn without_machines_the_claim_fails_and_costs_nothing() {
    let mut lab = Lab::new();
    lab.engine.no_capacity();
    let created = lab.create(CreateCluster::new("8xB300").name("x"));
    lab.wait(200);
    let request = lab.request(&created.request_id.unwrap());
    assert!(request.status.is_failed());
    assert_eq!(request.message(), Some("No capacity available"));
    assert_eq!(life(&mut lab, "x"), "FAILED");
    assert_eq!(lab.engine.balance("u-1"), Some(1000.0));
    lab.create(CreateCluster::new("8xB300").name("y"));
    lab.wait(90);
    assert_eq!(life(&mut lab, "y"), "RUNNING", "only the next one fails");
}

#[test]
fn destroying_an_unfinished_cluster_ends_its_claim() {
    let mut lab = Lab::new();
    let created = lab.create(CreateCluster::new("1xH100"));
    lab.wait(10);
    lab.call(DestroyCluster::new(created.cluster_id.clone())).unwrap();
    assert!(lab.request(&created.request_id.unwrap()).status.is_failed());
    lab.wait(200);
    lab.engine.advance(lab.now);
    assert_eq!(
        lab.engine.cluster(created.cluster_id.as_str()).unwrap().status,
        Some(ClusterStatus::Destroyed)
    );
}

#[test]
fn operations_are_filtered() {
    let mut lab = Lab::new();
    let cluster = lab.running("1xH100", "a").id.unwrap();
    lab.call(DestroyCluster::new("a")).unwrap();
    let mut count = |call: ListClusterOperations| lab.call(call).unwrap().operations.len();
    let all = || ListClusterOperations::new(&cluster);
    assert_eq!(count(all()), 2);
    assert_eq!(count(all().request_type(RequestType::ClusterClaim)), 1);
    assert_eq!(count(all().status(RequestStatus::Completed)), 1);
    assert_eq!(count(all().status(RequestStatus::Processing).request_type(RequestType::ClusterClaim)), 0);
    assert_eq!(lab.raw("GET", &format!("/cluster/operations/{cluster}?type=NOPE"), "").0, 422);
    lab.wait(60);
    assert_eq!(
        lab.call(ListClusterOperations::new(&cluster)).unwrap().operations.len(),
        2,
        "by id, even now"
    );
}

#[test]
fn keys_are_saved_and_can_be_required() {
    let mut lab = Lab::with(config().ssh_key_required(true));
    let error = lab.call(CreateCluster::new("1xH100")).unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    lab.create(CreateCluster::new("1xH100").public_key(KEY).save_keys(false));
    assert_eq!(lab.call(ListSshKeys::new()).unwrap().keys.len(), 0);
    lab.create(CreateCluster::new("1xH100").public_key(KEY));
    lab.create(CreateCluster::new("1xH100").public_key(KEY));
    assert_eq!(lab.call(ListSshKeys::new()).unwrap().keys.len(), 1, "saved once");
    lab.is("bob");
    lab.create(CreateCluster::new("1xH100"));
    lab.is("carol");
    assert_eq!(lab.status(CreateCluster::new("1xH100")), 400);
    lab.call(AddSshKey::new(KEY)).unwrap();
    lab.create(CreateCluster::new("1xH100"));
}

#[test]
fn old_and_new_names_of_fields_are_taken() {
    let mut lab = Lab::new();
    for field in ["container", "experimental_container"] {
        let body = format!(r#"{{"instance_type":"1xL40S","num_nodes":null,"{field}":"img:1"}}"#);
        let (status, answer) = lab.raw("POST", "/cluster/create", &body);
        assert_eq!(status, 202, "{answer}");
        let id = answer["cluster_id"].as_str().unwrap();
        assert_eq!(lab.engine.cluster(id).unwrap().container.as_deref(), Some("img:1"));
    }
}

#[test]
fn names_with_odd_characters_are_found() {
    let mut lab = Lab::new();
    lab.create(CreateCluster::new("1xH100").name("my run #2 ü"));
    assert_eq!(lab.status(GetCluster::new("my run #2 ü")), 200);
}
