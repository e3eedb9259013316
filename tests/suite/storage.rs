//! Volumes and buckets.

use tensorpool_client::Transport;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::storage::{CreateStorage, EditStorage};
use tensorpool_client::core::model::StorageStatus;

use crate::world::World;

pub(crate) async fn a_volume_grows_and_moves<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let (clusters, storage) = (client.clusters(), client.storage());
    let small = storage.quote(100).await.unwrap().hourly_rate;
    assert!(storage.quote(1_000).await.unwrap().hourly_rate > small);

    let volume = storage.create(CreateStorage::new(100).name("data")).await.unwrap().done().await.unwrap();
    let id = volume.storage_id;
    storage.edit(EditStorage::new(&id).size_gb(200)).await.unwrap().done().await.unwrap();
    let error = storage.edit(EditStorage::new(&id).size_gb(50)).await.unwrap_err();
    assert!(error.status().unwrap().is_client_error() && !error.may_have_been_applied(), "{error}");
    let info = storage.info(&id).await.unwrap();
    assert_eq!((info.size_gb, info.status), (Some(200), Some(StorageStatus::Ready)));

    let lone = clusters.create(CreateCluster::new("1xH100")).await.unwrap().done().await.unwrap();
    storage.attach(&id, &lone.cluster_id).await.unwrap_err();

    let order = CreateCluster::new("8xH200").num_nodes(2);
    let cluster = clusters.create(order).await.unwrap().done().await.unwrap().cluster_id;
    storage.attach(&id, &cluster).await.unwrap().done().await.unwrap();
    assert_eq!(clusters.info(&cluster).await.unwrap().storage.unwrap(), std::slice::from_ref(&id));
    assert!(storage.destroy(&id).await.unwrap_err().is_conflict());
    storage.detach(&id, &cluster).await.unwrap().done().await.unwrap();
    storage.destroy(&id).await.unwrap().done().await.unwrap();
    assert!(storage.list().await.unwrap().is_empty());

    let error = storage.info("data").await.unwrap_err();
    assert!(error.status().unwrap().is_client_error());
    assert!(error.to_string().contains("storage ids begin with s-"), "{error}");
}

pub(crate) async fn buckets_come_and_go<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let objects = client.object_storage();
    let keys = objects.enable().await.unwrap().credentials().unwrap();
    assert_eq!(objects.credentials().await.unwrap().access_key_id, keys.access_key_id);
    objects.create_bucket("models").await.unwrap();
    objects.create_bucket("data").await.unwrap();
    assert!(world.emulator.with_engine(|e| e.put_object("u-ada", "models", "a.bin")));
    assert!(objects.delete_bucket("models").await.unwrap_err().is_conflict());
    objects.delete_bucket("data").await.unwrap();
    assert_eq!(objects.buckets().await.unwrap().into_iter().map(|b| b.name).collect::<Vec<_>>(), ["models"]);

    let rotated = objects.rotate_keys().await.unwrap().credentials().unwrap();
    assert_ne!(rotated.secret_access_key, keys.secret_access_key);
    let rclone = objects.configure_rclone().await.unwrap().rclone_config.unwrap();
    assert!(rclone.expose().contains(rotated.secret_access_key.expose()));
    assert!(objects.configure_aws().await.unwrap().credentials_file.is_some());
    assert!(objects.disable().await.unwrap_err().is_conflict(), "there is a bucket left");
}
