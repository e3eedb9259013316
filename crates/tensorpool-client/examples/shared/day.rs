//! A user's day with TensorPool, step by step, over whatever transport the client has. Each adapter's `quickstart`
//! example runs it.

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

use tensorpool_client::core::api::cluster::{CreateCluster, EditCluster, QuoteCluster};
use tensorpool_client::core::api::ssh_key::AddSshKey;
use tensorpool_client::core::api::storage::CreateStorage;
use tensorpool_client::core::model::InstanceType;
use tensorpool_client::core::{ClusterId, StorageId};
use tensorpool_client::{BodyTransport, Client, Pending, SocketTransport, Transport};

mod job;

use job::job;

pub(crate) type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Only looks: safe against the real engine, costs nothing.
pub(crate) async fn look<T: Transport>(client: &Client<T>) -> Result {
    let out = &mut std::io::stdout();
    let me = client.account().me().await?;
    say(out, "token", format!("{} at {}", me.email.as_deref().unwrap_or("accepted"), client.base_url()))?;
    say(out, "clusters", client.clusters().list().await?.len())?;
    say(out, "volumes", client.storage().list().await?.len())?;
    say(out, "jobs", client.jobs().list().await?.len())?;
    say(out, "ssh keys", client.ssh_keys().list().await?.len())?;
    // What only third parties tell of may not be there: that is no reason to stop.
    match client.clusters().quote(QuoteCluster::new("1xH100")).await {
        Ok(quote) => say(out, "price", format!("1xH100 costs {}", quote.hourly_rate)),
        Err(error) => say(out, "price", format!("unknown: {error}")),
    }
}

/// The whole day. `stranger` is a client with a wrong token; `trouble` makes the engine answer the next list with a 503, and
/// returns how to ask how often it did.
pub(crate) async fn day<T, F>(client: &Client<T>, stranger: &Client<T>, trouble: impl FnOnce() -> F) -> Result
where
    T: BodyTransport + SocketTransport,
    F: Fn() -> u32,
{
    let out = &mut std::io::stdout();

    let me = client.account().me().await?;
    say(out, "token", format!("belongs to {}", me.email.as_deref().unwrap_or("somebody")))?;
    let Err(refused) = stranger.account().me().await else { return Err("a wrong token was accepted".into()) };
    say(out, "wrong token", &refused)?;
    assert!(refused.is_unauthorized());

    let kind = InstanceType::from("8xH200");
    let quote = client.clusters().quote(QuoteCluster::new(kind.clone()).num_nodes(2)).await?;
    say(
        out,
        "price",
        format!("2 nodes of {kind}: {}, {} a day", quote.hourly_rate, quote.hourly_rate.per_day()),
    )?;
    let cluster = create_cluster(out, client, kind).await?;

    let edit = EditCluster::new(&cluster).name("trained").deletion_protection(true);
    client.clusters().edit(edit).await?.done().await?;
    let info = client.clusters().info("trained").await?;
    let protected = info.deletion_protection.unwrap_or_default();
    say(out, "edit", format!("now named {}, protected: {protected}", info.name.unwrap_or_default()))?;
    let Err(refused) = client.clusters().destroy("trained").await else {
        return Err("a protected cluster was destroyed".into());
    };
    say(out, "protection", &refused)?;
    assert!(refused.is_conflict());

    let storage = use_storage(out, client, &cluster).await?;
    job(out, client, &cluster).await?;
    use_object_storage(out, client).await?;
    use_ssh_keys(out, client).await?;

    let refused = trouble();
    let found = client.clusters().list().await?.len();
    say(
        out,
        "trouble",
        format!("the engine answered 503 {} time; the list came all the same: {found} cluster", refused()),
    )?;
    assert_eq!((refused(), found), (1, 1));

    client.clusters().edit(EditCluster::new(&cluster).deletion_protection(false)).await?.done().await?;
    watch(out, "destroy", client.clusters().destroy(&cluster).await?).await?;
    watch(out, "destroy", client.storage().destroy(storage).await?).await?;
    let left = client.clusters().list().await?.len() + client.storage().list().await?.len();
    assert_eq!(left, 0);
    say(out, "done", "nothing is left, nothing is billed")
}

async fn create_cluster<T: Transport>(
    out: &mut impl Write,
    client: &Client<T>,
    kind: InstanceType,
) -> Result<ClusterId> {
    let op = client.clusters().create(CreateCluster::new(kind).num_nodes(2).name("train")).await?;
    say(
        out,
        "create",
        format!("{} is ordered; to resume: {:?}", op.response().cluster_id, op.handle().requests()),
    )?;
    let created = watch(out, "create", op).await?;
    let info = client.clusters().info(&created.cluster_id).await?;
    let nodes = info.instances.unwrap_or_default().len();
    let status = info.status.map(|s| s.to_string()).unwrap_or_default();
    say(out, "cluster", format!("{} is {status} with {nodes} instances", created.cluster_id))?;
    Ok(created.cluster_id)
}

async fn use_storage<T: Transport>(
    out: &mut impl Write,
    client: &Client<T>,
    cluster: &ClusterId,
) -> Result<StorageId> {
    let quote = client.storage().quote(500).await?;
    say(out, "price", format!("500 GB: {}", quote.hourly_rate))?;
    let created =
        watch(out, "storage", client.storage().create(CreateStorage::new(500).name("data")).await?).await?;
    let storage = created.storage_id;
    watch(out, "attach", client.storage().attach(&storage, cluster).await?).await?;
    let attached = client.storage().info(&storage).await?.attached_clusters.unwrap_or_default();
    assert_eq!(attached, std::slice::from_ref(cluster));
    watch(out, "detach", client.storage().detach(&storage, cluster).await?).await?;
    Ok(storage)
}

async fn use_object_storage<T: Transport>(out: &mut impl Write, client: &Client<T>) -> Result {
    let keys = client.object_storage().enable().await?;
    say(out, "objects", format!("enabled at {}", keys.endpoint.unwrap_or_default()))?;
    client.object_storage().create_bucket("checkpoints").await?;
    let buckets: Vec<_> = client.object_storage().buckets().await?.into_iter().map(|b| b.name).collect();
    say(out, "buckets", format!("{buckets:?}"))?;
    client.object_storage().delete_bucket("checkpoints").await?;
    Ok(())
}

async fn use_ssh_keys<T: Transport>(out: &mut impl Write, client: &Client<T>) -> Result {
    let key = AddSshKey::new(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1Yl0F9mM1nJ8dYq5pNq3H6m0x7kH1h3c2yB2m4b5d6 ada",
    )
    .name("laptop");
    let added = client.ssh_keys().add(key).await?;
    let names: Vec<_> = client.ssh_keys().list().await?.into_iter().filter_map(|key| key.name).collect();
    say(out, "ssh keys", format!("{names:?}"))?;
    client.ssh_keys().remove(added.key_id).await?;
    Ok(())
}

/// Follows an operation, a line for each thing the engine says.
async fn watch<T: Transport, R>(out: &mut impl Write, what: &str, mut op: Pending<T, R>) -> Result<R> {
    let mut last = String::new();
    while let Some(step) = op.next().await {
        let message = step.message();
        if message != last {
            say(out, what, format!("{message} ({:.0} s)", step.elapsed.as_secs_f64()))?;
        }
        last = message;
    }
    Ok(op.outcome()?)
}

pub(crate) fn say(out: &mut impl Write, what: &str, line: impl std::fmt::Display) -> Result {
    Ok(writeln!(out, "{what:>12}  {line}")?)
}

/// Runs the quickstart as the command line and the environment say: `local` against an engine of its own, or, with
/// `--live` and a `TENSORPOOL_KEY`, `live` against the real one.
pub(crate) async fn run<L, R>(local: impl FnOnce() -> L, live: impl FnOnce() -> R) -> ExitCode
where
    L: Future<Output = Result>,
    R: Future<Output = Result>,
{
    let result = match std::env::args().nth(1).as_deref() {
        None => local().await,
        Some("--live") if std::env::var_os("TENSORPOOL_KEY").is_some() => live().await,
        Some("--live") => {
            Err("--live needs TENSORPOOL_KEY, from https://tensorpool.dev/dashboard/profile".into())
        }
        Some(other) => Err(format!("unknown argument {other}; there is only --live").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
