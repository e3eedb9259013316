//! One call of each route, each of which the world lets succeed.

use std::future::Future;
use std::pin::Pin;

use tensorpool_client::core::api::cluster::{
    CreateCluster, EditCluster, ListClusterOperations, QuoteCluster,
};
use tensorpool_client::core::api::job::PullJob;
use tensorpool_client::core::api::ssh::GetSshCommand;
use tensorpool_client::core::api::ssh_key::AddSshKey;
use tensorpool_client::core::api::storage::{CreateStorage, EditStorage};
use tensorpool_client::core::api::user::EditPreferences;
use tensorpool_client::core::{Error, Meta, Replay, catalog};

use crate::run::block_on;
use crate::world::World;

type Outcome<'w> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'w>>;

/// A route, and a call of it.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) make: for<'w> fn(&'w World) -> Outcome<'w>,
}

impl Call {
    pub(crate) fn meta(&self) -> &'static Meta {
        catalog::find(self.name).unwrap().meta()
    }

    pub(crate) fn changes(&self) -> bool {
        self.meta().replay != Replay::Safe
    }
}

macro_rules! calls {
    ($($name:literal: |$world:ident| $call:expr;)+) => {
        /// All of them.
        pub(crate) static CALLS: &[Call] = &[$(
            Call { name: $name, make: |$world| Box::pin(async move { $call.await.map(drop) }) }
        ),+];
    };
}

calls! {
    "health.check": |w| w.ada.account().check_health();
    "health.healthz": |w| w.ada.account().healthz();
    "user.me": |w| w.ada.account().me();
    "user.info": |w| w.ada.account().info();
    "user.preferences": |w| w.ada.account().preferences();
    "user.edit_preferences": |w| w.ada.account().edit_preferences(
        EditPreferences::new().balance_warning_threshold(77.0));
    "user.organization": |w| w.ada.account().organization();
    "ssh_key.add": |w| w.ada.ssh_keys().add(AddSshKey::new("ssh-ed25519 AAAABBBB ada"));
    "ssh_key.list": |w| w.ada.ssh_keys().list();
    "ssh_key.remove": |w| w.ada.ssh_keys().remove(&w.key);
    "ssh.command": |w| w.ada.ssh_keys().command(GetSshCommand::new(&w.instance));
    "cluster.quote": |w| w.ada.clusters().quote(QuoteCluster::new("1xH100"));
    "cluster.create": |w| w.ada.clusters().create(CreateCluster::new("1xH100").name("new"));
    "cluster.destroy": |w| w.ada.clusters().destroy(&w.spare);
    "cluster.edit": |w| w.ada.clusters().edit(EditCluster::new(&w.spare).name("renamed"));
    "cluster.list": |w| w.ada.clusters().list();
    "cluster.info": |w| w.ada.clusters().info(&w.cluster);
    "cluster.operations": |w| w.ada.clusters().operations(ListClusterOperations::new(&w.cluster));
    "storage.quote": |w| w.ada.storage().quote(100);
    "storage.create": |w| w.ada.storage().create(CreateStorage::new(100).name("new"));
    "storage.destroy": |w| w.ada.storage().destroy(&w.volume);
    "storage.edit": |w| w.ada.storage().edit(EditStorage::new(&w.volume).size_gb(200));
    "storage.attach": |w| w.ada.storage().attach(&w.volume, &w.cluster);
    "storage.detach": |w| w.ada.storage().detach(&w.attached, &w.cluster);
    "storage.list": |w| w.ada.storage().list();
    "storage.info": |w| w.ada.storage().info(&w.volume);
    "object_storage.enable": |w| w.eve.object_storage().enable();
    "object_storage.disable": |w| w.bob.object_storage().disable();
    "object_storage.credentials": |w| w.ada.object_storage().credentials();
    "object_storage.rotate_keys": |w| w.ada.object_storage().rotate_keys();
    "object_storage.configure_aws": |w| w.ada.object_storage().configure_aws();
    "object_storage.configure_rclone": |w| w.ada.object_storage().configure_rclone();
    "bucket.list": |w| w.ada.object_storage().buckets();
    "bucket.create": |w| w.ada.object_storage().create_bucket("more");
    "bucket.delete": |w| w.ada.object_storage().delete_bucket("data");
    "job.init": |w| w.ada.jobs().init();
    "job.list": |w| w.ada.jobs().list();
    "job.info": |w| w.ada.jobs().info(&w.running);
    "job.pull": |w| w.ada.jobs().pull(PullJob::new(&w.completed));
    "job.cancel": |w| w.ada.jobs().cancel(&w.running);
    "job.delete": |w| w.ada.jobs().delete(&w.completed);
    "request.info": |w| w.ada.requests().info(&w.request);
}

#[test]
fn the_table_is_the_catalogue() {
    let sorted = |mut names: Vec<&'static str>| {
        names.sort_unstable();
        names
    };
    let called = sorted(CALLS.iter().map(|call| call.name).collect());
    assert_eq!(called, sorted(catalog::all().iter().map(|entry| entry.meta().name).collect()));
    assert_eq!(called.len(), 42);
}

/// What makes the proofs worth something: without a fault each call succeeds, and the digest tells a change from none.
#[test]
fn without_a_fault_each_succeeds_and_the_digest_shows_what_it_changed() {
    for call in CALLS {
        let world = World::new(0);
        let before = world.digest();
        world.transport.advance(std::time::Duration::from_secs(600));
        assert_eq!(world.digest(), before, "time alone changes nothing");
        let seen = world.seen(call.name);
        block_on(call.name, &world.transport, (call.make)(&world)).unwrap();
        assert_eq!(world.seen(call.name), seen + 1, "{}", call.name);
        assert_eq!(world.digest() != before, call.changes(), "{}", call.name);
    }
}
