//! Every route of the catalogue has a method of the client, and the emulator answers it.

use tensorpool_client::Transport;
use tensorpool_client::core::api::cluster::{
    CreateCluster, EditCluster, ListClusterOperations, QuoteCluster,
};
use tensorpool_client::core::api::job::PullJob;
use tensorpool_client::core::api::ssh::GetSshCommand;
use tensorpool_client::core::api::ssh_key::AddSshKey;
use tensorpool_client::core::api::storage::{CreateStorage, EditStorage};
use tensorpool_client::core::api::user::EditPreferences;
use tensorpool_client::core::catalog;

use crate::world::World;

pub(crate) async fn every_route_has_a_method<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    // What each comes to is the other cases' business: most of these are about things that are not there.
    let account = client.account();
    drop((account.healthz().await, account.check_health().await, account.me().await, account.info().await));
    drop((account.preferences().await, account.organization().await));
    drop(account.edit_preferences(EditPreferences::new().autopay_enabled(false)).await);

    let jobs = client.jobs();
    drop((
        jobs.init().await,
        jobs.list().await,
        jobs.info("j-7").await,
        jobs.pull(PullJob::new("j-7")).await,
    ));
    drop((jobs.cancel("j-7").await, jobs.delete("j-7").await));

    let clusters = client.clusters();
    drop((
        clusters.quote(QuoteCluster::new("1xH100")).await,
        clusters.create(CreateCluster::new("1xH100")).await,
    ));
    drop((clusters.list().await, clusters.info("c-7").await, clusters.destroy("c-7").await));
    drop(clusters.edit(EditCluster::new("c-7").name("x")).await);
    drop(clusters.operations(ListClusterOperations::new("c-7")).await);

    let storage = client.storage();
    drop((storage.quote(100).await, storage.create(CreateStorage::new(100)).await, storage.list().await));
    drop((storage.info("s-7").await, storage.edit(EditStorage::new("s-7").size_gb(200)).await));
    drop((
        storage.attach("s-7", "c-7").await,
        storage.detach("s-7", "c-7").await,
        storage.destroy("s-7").await,
    ));

    let objects = client.object_storage();
    drop((objects.enable().await, objects.credentials().await, objects.rotate_keys().await));
    drop((objects.configure_aws().await, objects.configure_rclone().await, objects.buckets().await));
    drop((objects.create_bucket("data").await, objects.delete_bucket("data").await, objects.disable().await));

    let keys = client.ssh_keys();
    drop((
        keys.add(AddSshKey::new("ssh-ed25519 AAAA ada")).await,
        keys.list().await,
        keys.remove("k-7").await,
    ));
    drop((keys.command(GetSshCommand::new("i-7")).await, client.requests().info("r-7").await));

    let without_a_method: Vec<_> = catalog::all()
        .iter()
        .map(|entry| entry.meta().name)
        .filter(|name| world.emulator.with_engine(|engine| engine.times_seen(name)) == 0)
        .collect();
    assert_eq!(without_a_method, Vec::<&str>::new());
}
