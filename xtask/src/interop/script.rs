//! What the official client is asked to do, and what must come of it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tensorpool_core::api::{cluster, ssh_key, storage};
use tensorpool_core::model::{ClusterInfo, StorageInfo};

use super::client::Client;
use super::engine::Engine;
use super::jobs;

/// A key like those of `ssh-keygen -t ed25519`; nobody has its private half.
const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f interop@example.com\n";

/// How long an edit, which gives the client nothing to wait for, may take to show.
const SETTLES: Duration = Duration::from_secs(30);

/// Plays everything. An error means that it could not go on; differences are counted by the client.
pub(super) fn play(tp: &mut Client, engine: &Engine) -> Result<()> {
    tp.ok("me", &[&format!("TENSORPOOL_ENGINE={}", engine.url())])?;
    std::fs::write(tp.home().join("key.pub"), PUBLIC_KEY)?;
    tp.ok("me sshkey add key.pub --name interop-laptop", &["added"])?;
    let key = engine
        .ask(&ssh_key::ListSshKeys::new())?
        .keys
        .into_iter()
        .find(|k| k.name.as_deref() == Some("interop-laptop"));
    let key =
        key.and_then(|key| key.id).context("the engine does not list the key that was added")?.to_string();
    tp.ok("me sshkey list", &[&key, "interop-laptop"])?;

    let cluster = a_cluster(tp, engine)?;
    let volume = a_volume(tp, engine)?;
    attaching(tp, engine, &cluster, &volume)?;
    tp.ok(&format!("storage destroy {volume} --no-input --wait"), &[volume.as_str(), "destroyed"])?;
    tp.check("the volume is gone", gone(volume_of(engine, &volume)?.and_then(|v| v.status)));
    object_storage(tp)?;
    jobs::play(tp, engine, &cluster)?;

    tp.ok(&format!("cluster destroy {cluster} --no-input --wait"), &[cluster.as_str(), "destroyed"])?;
    tp.check("the cluster is gone", gone(cluster_of(engine, &cluster)?.and_then(|c| c.status)));
    tp.ok(&format!("me sshkey remove {key}"), &[key.as_str(), "removed"])?;
    let left = engine.ask(&ssh_key::ListSshKeys::new())?.keys;
    tp.check("the key is gone", left.iter().all(|k| k.id.as_ref().is_none_or(|id| *id != *key)));

    tp.use_key("tp-placeholder-of-nobody");
    tp.refused("me", &["token"])?;
    tp.refused("cluster list", &["token"])?;
    tp.refused("cluster create 1xH100 --name stolen", &["token"])?;
    let clusters = engine.ask(&cluster::ListClusters::new())?.clusters;
    tp.check("a wrong key made no cluster", clusters.iter().all(|c| c.name.as_deref() != Some("stolen")));
    Ok(())
}

/// Makes a cluster, looks at it and protects it; returns its id.
fn a_cluster(tp: &mut Client, engine: &Engine) -> Result<String> {
    tp.ok("cluster create 8xH200 -n 2 --name interop --wait", &["interop", "running"])?;
    let clusters = engine.ask(&cluster::ListClusters::new())?.clusters;
    let made = clusters.into_iter().find(|c| c.name.as_deref() == Some("interop"));
    let made = made.context("the engine does not list the cluster that was made")?;
    let id = made.id.clone().context("the cluster has no id")?.to_string();
    tp.check("the cluster runs", made.status.as_ref().is_some_and(|status| status.to_string() == "RUNNING"));
    let instances: Vec<String> =
        made.instances.iter().flatten().filter_map(|i| i.id.as_ref()).map(ToString::to_string).collect();
    tp.check("the cluster has an instance for each node", instances.len() >= 2);
    tp.ok("cluster list", &[&id, "interop", "8xH200"])?;
    let says: Vec<&str> = instances.iter().map(String::as_str).collect();
    tp.ok("cluster list --instances", &says)?;
    tp.ok(&format!("cluster info {id}"), &[&id, "8xH200", "RUNNING"])?;

    tp.ok(&format!("cluster edit {id} --name interop-2 --deletion-protection true"), &[id.as_str()])?;
    settled(engine, &id, |c| c.name.as_deref() == Some("interop-2") && c.deletion_protection == Some(true))?;
    tp.ok("cluster list", &[&id, "interop-2"])?;
    tp.refused(&format!("cluster destroy {id} --no-input"), &["protect"])?;
    tp.refused(&format!("cluster destroy {id}"), &["cancelled"])?;
    tp.ok(&format!("cluster edit {id} --deletion-protection false"), &[id.as_str()])?;
    settled(engine, &id, |c| c.deletion_protection == Some(false))?;
    tp.refused("cluster info c-none", &["c-none", "not found"])?;
    tp.refused("cluster create 3xAbacus --name interop-3", &["422"])?;
    Ok(id)
}

/// Makes a volume and lets it grow; returns its id.
fn a_volume(tp: &mut Client, engine: &Engine) -> Result<String> {
    let said = tp.ok("storage create 100 --name data --wait", &["s-"])?;
    let volumes = engine.ask(&storage::ListStorage::new())?.volumes;
    let made = volumes.into_iter().find(|v| v.name.as_deref() == Some("data"));
    let id =
        made.and_then(|v| v.id).context("the engine does not list the volume that was made")?.to_string();
    tp.check("the volume's id is the one that was said", said.contains(&id));
    tp.ok("storage list", &[&id, "data", "100"])?;
    tp.ok(&format!("storage info {id}"), &[&id, "100"])?;
    tp.ok(&format!("storage edit {id} -s 200"), &[id.as_str()])?;
    let start = Instant::now();
    while volume_of(engine, &id)?.and_then(|v| v.size_gb) != Some(200) {
        wait(start, "the volume to grow")?;
    }
    tp.ok(&format!("storage info {id}"), &[&id, "200"])?;
    tp.refused(&format!("storage edit {id} -s 50"), &["grow"])?;
    tp.check("a volume does not shrink", volume_of(engine, &id)?.and_then(|v| v.size_gb) == Some(200));
    Ok(id)
}

fn attaching(tp: &mut Client, engine: &Engine, cluster: &str, volume: &str) -> Result<()> {
    tp.ok(&format!("cluster attach {cluster} {volume} --wait"), &[volume, "attached"])?;
    tp.check("the volume is attached", attached(engine, cluster, volume)?);
    tp.refused(&format!("storage destroy {volume} --no-input"), &["attached"])?;
    tp.ok(&format!("cluster detach {cluster} {volume} --wait"), &[volume, "detached"])?;
    tp.check("the volume is detached", !attached(engine, cluster, volume)?);
    Ok(())
}

fn object_storage(tp: &mut Client) -> Result<()> {
    let enabled =
        tp.ok("object-storage enable", &["Access Key ID:", "Secret Access Key:", "Endpoint:", "Region:"])?;
    let credentials = tp.ok("object-storage credentials", &["Access Key ID:"])?;
    tp.check(
        "the credentials are those of the enabling",
        credentials_of(&enabled) == credentials_of(&credentials),
    );
    tp.ok("object-storage bucket list", &["No buckets found"])?;
    tp.ok("object-storage bucket create interop-data", &[])?;
    tp.ok("object-storage bucket list", &["interop-data"])?;
    tp.ok("object-storage configure rclone", &["rclone.conf"])?;
    let config = std::fs::read_to_string(tp.home().join(".config/rclone/rclone.conf")).unwrap_or_default();
    tp.check("rclone has a section", config.starts_with('[') && config.contains("endpoint"));
    tp.ok("object-storage bucket delete interop-data", &["deleted"])?;
    tp.ok("object-storage bucket list", &["No buckets found"])?;
    tp.ok("object-storage disable", &[])?;
    tp.refused("object-storage credentials", &["not enabled"])?;
    Ok(())
}

/// The four lines that are credentials, without what is said around them.
fn credentials_of(output: &str) -> Vec<&str> {
    let labels = ["Access Key ID:", "Secret Access Key:", "Endpoint:", "Region:"];
    output.lines().filter(|line| labels.iter().any(|label| line.starts_with(label))).collect()
}

fn cluster_of(engine: &Engine, id: &str) -> Result<Option<ClusterInfo>> {
    let clusters = engine.ask(&cluster::ListClusters::new())?.clusters;
    Ok(clusters.into_iter().find(|c| c.id.as_ref().is_some_and(|i| *i == *id)))
}

fn volume_of(engine: &Engine, id: &str) -> Result<Option<StorageInfo>> {
    let volumes = engine.ask(&storage::ListStorage::new())?.volumes;
    Ok(volumes.into_iter().find(|v| v.id.as_ref().is_some_and(|i| *i == *id)))
}

fn attached(engine: &Engine, cluster: &str, volume: &str) -> Result<bool> {
    let to = volume_of(engine, volume)?.and_then(|v| v.attached_clusters).unwrap_or_default();
    Ok(to.iter().any(|id| *id == *cluster))
}

/// What is destroyed is listed as such or not at all.
fn gone(status: Option<impl ToString>) -> bool {
    status.is_none_or(|status| status.to_string() == "DESTROYED")
}

fn settled(engine: &Engine, id: &str, is: impl Fn(&ClusterInfo) -> bool) -> Result<()> {
    let start = Instant::now();
    while !cluster_of(engine, id)?.is_some_and(|cluster| is(&cluster)) {
        wait(start, "the cluster to change")?;
    }
    Ok(())
}

pub(super) fn wait(since: Instant, what: &str) -> Result<()> {
    if since.elapsed() > SETTLES {
        bail!("waited {} s for {what}", SETTLES.as_secs());
    }
    std::thread::sleep(Duration::from_millis(100));
    Ok(())
}
