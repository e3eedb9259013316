//! Volumes: order, attach, detach, grow, destroy.

use tensorpool_core::api::cluster::{CreateCluster, DestroyCluster, GetCluster};
use tensorpool_core::api::storage::*;
use tensorpool_core::model::{ClusterStatus, StorageStatus};

use super::Lab;

#[test]
fn a_volume_is_ordered_grows_and_is_destroyed() {
    let mut lab = Lab::new();
    let created = lab.call(CreateStorage::new(100).name("data")).unwrap();
    let id = created.storage_id;
    assert!(id.as_str().starts_with("s-"));
    let info = |lab: &mut Lab| lab.call(GetStorage::new(&id)).unwrap().storage_info;
    assert_eq!(info(&mut lab).status, Some(StorageStatus::Creating));
    lab.wait(20);
    assert_eq!(info(&mut lab).status, Some(StorageStatus::Ready));
    assert!(lab.request(&created.request_id.unwrap()).status.is_completed());

    lab.call(EditStorage::new(&id).size_gb(200).name("more").deletion_protection(true)).unwrap();
    assert_eq!((info(&mut lab).size_gb, info(&mut lab).name.as_deref()), (Some(200), Some("more")));
    let error = lab.call(EditStorage::new(&id).size_gb(150)).unwrap_err();
    assert_eq!(error.status().unwrap(), 400, "{error}");
    assert!(lab.call(DestroyStorage::new(&id)).unwrap_err().is_conflict());
    lab.call(EditStorage::new(&id).deletion_protection(false)).unwrap();

    let gone = lab.call(DestroyStorage::new(&id)).unwrap();
    assert_eq!(lab.status(DestroyStorage::new(&id)), 409);
    lab.wait(10);
    assert!(lab.request(&gone.request_id.unwrap()).status.is_completed());
    assert!(lab.call(GetStorage::new(&id)).unwrap_err().is_not_found());
    assert_eq!((lab.engine.volume_count(), lab.engine.volumes_created()), (0, 1));
}

#[test]
fn attaching_and_detaching_restart_the_nodes() {
    let mut lab = Lab::new();
    let volume = lab.ready(100);
    let cluster = lab.running("8xH200", "a").id.unwrap();
    let attached = lab.call(AttachStorage::new(&volume, &cluster)).unwrap();
    assert_eq!(attached.request_ids.len(), 1);
    let info = |lab: &mut Lab| lab.call(GetCluster::new("a")).unwrap().cluster_info;
    assert_eq!(info(&mut lab).status, Some(ClusterStatus::Configuring));
    assert_eq!(info(&mut lab).instances.unwrap()[0].status, Some(ClusterStatus::Configuring));
    assert_eq!(lab.status(DestroyStorage::new(&volume)), 409, "an operation is under way");
    assert_eq!(lab.status(DetachStorage::new(&volume, &cluster)), 409, "not running");
    lab.wait(30);
    assert_eq!(info(&mut lab).status, Some(ClusterStatus::Running));
    assert_eq!(info(&mut lab).storage.unwrap(), std::slice::from_ref(&volume));
    assert!(lab.request(&attached.request_ids[0]).status.is_completed());
    assert_eq!(lab.status(AttachStorage::new(&volume, &cluster)), 409, "attached already");
    assert_eq!(lab.status(DestroyStorage::new(&volume)), 409, "attached");

    let detached = lab.call(DetachStorage::new(&volume, &cluster)).unwrap();
    lab.wait(30);
    assert!(lab.request(&detached.request_id.unwrap()).status.is_completed());
    assert_eq!(info(&mut lab).storage.unwrap().len(), 0);
    assert_eq!(lab.status(DetachStorage::new(&volume, &cluster)), 409, "not attached");
    assert_eq!(lab.status(DestroyStorage::new(&volume)), 202);
}

#[test]
fn only_some_clusters_take_storage_and_bodies_want_ids() {
    let mut lab = Lab::new();
    let volume = lab.ready(100);
    let single = lab.running("8xH100", "single").id.unwrap();
    let cpu = lab.running("32xCPU", "cpu").id.unwrap();
    let refused = lab.call(AttachStorage::new(&volume, &single)).unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    assert_eq!(lab.status(AttachStorage::new(&volume, "cpu")), 404);
    assert_eq!(lab.status(AttachStorage::new("s-none", &cpu)), 404);
    assert_eq!(lab.status(AttachStorage::new("data", &cpu)), 400, "no storage id");
    // All or none.
    assert_eq!(lab.status(AttachStorage::new(&volume, &cpu).and_cluster(&single)), 409);
    assert_eq!(lab.engine.cluster(cpu.as_str()).unwrap().status, Some(ClusterStatus::Running));
    assert_eq!(lab.status(AttachStorage::new(&volume, &cpu)), 202);
    let early = lab.create(CreateCluster::new("64xCPU")).cluster_id;
    assert_eq!(lab.status(AttachStorage::new(&volume, early)), 409, "not running yet");
}

#[test]
fn a_destroyed_cluster_lets_go_of_its_volumes() {
    let mut lab = Lab::new();
    let volume = lab.ready(100);
    let cluster = lab.running("32xCPU", "a").id.unwrap();
    let attached = lab.call(AttachStorage::new(&volume, &cluster)).unwrap();
    lab.wait(10);
    lab.call(DestroyCluster::new("a")).unwrap();
    assert!(lab.request(&attached.request_ids[0]).status.is_failed());
    lab.wait(60);
    assert_eq!(lab.call(GetStorage::new(&volume)).unwrap().storage_info.attached_clusters.unwrap().len(), 0);
    assert_eq!(lab.status(DestroyStorage::new(&volume)), 202);
}

#[test]
fn both_spellings_of_an_order_are_taken() {
    let mut lab = Lab::new();
    for body in [r#"{"size":10,"name":"a"}"#, r#"{"size_gb":10,"tp_storage_name":"a"}"#] {
        let (status, answer) = lab.raw("POST", "/storage/create", body);
        assert_eq!(status, 202, "{answer}");
        let volume = lab.engine.volume(answer["storage_id"].as_str().unwrap()).unwrap();
        assert_eq!((volume.size_gb, volume.name.as_deref()), (Some(10), Some("a")));
    }
    assert_eq!(lab.raw("POST", "/storage/create", r#"{"size":0}"#).0, 422);
    assert_eq!(lab.call(QuoteStorage::new(1000)).unwrap().hourly_rate.0, 0.136986);
}
