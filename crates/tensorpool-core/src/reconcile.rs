//! What became of an order whose outcome is unknown: told from a list, without sending it again.
//!
//! After an error whose [`may_have_been_applied`](crate::Error::may_have_been_applied) is true, ask for the list and give it
//! to the function here that fits. A request that was cut off may still be on its way: [`Reconciled::NotFound`] is a sign
//! only some time after the failure.
//!
//! `before` is what was listed before the order went out. Without it, what has no name of its own cannot be told from what
//! was there already.

use crate::api::cluster::CreateCluster;
use crate::api::ssh_key::AddSshKey;
use crate::api::storage::{AttachStorage, CreateStorage};
use crate::ids::{ClusterId, JobId, StorageId};
use crate::model::{ClusterInfo, ClusterStatus, JobInfo, SshKeyInfo, StorageInfo, StorageStatus};
use crate::session::PushJob;

/// What a list says of an order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reconciled<T> {
    /// It was applied: this is what it made.
    Found {
        /// What it made.
        item: T,
        /// What shows it.
        evidence: Evidence,
    },
    /// Nothing in the list can be what it made.
    NotFound,
    /// Any of these may be what it made, or none: the list does not tell. Look before ordering again.
    Ambiguous(Vec<T>),
}

/// Why something is taken for what an order made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// It has the name that was asked for, and no other has. Without `before` it may be older than the order, which was
    /// then refused.
    Name,
    /// It is the only one that fits and was not there before. Somebody else on the account may have ordered it.
    New,
    /// It is the same public key.
    PublicKey,
    /// The volume is attached to every cluster that was asked for.
    Attached,
}

/// How far one entry of a list fits. What the server does not say is no reason against it.
enum Fit {
    Is(Evidence),
    MayBe,
    No,
}

/// The cluster that `order` made, among those listed.
#[must_use]
pub fn cluster(
    order: &CreateCluster,
    listed: Vec<ClusterInfo>,
    before: Option<&[ClusterId]>,
) -> Reconciled<ClusterInfo> {
    pick(listed, |cluster| {
        let other = cluster.instance_type.as_ref().is_some_and(|kind| *kind != order.instance_type);
        let gone = cluster.status == Some(ClusterStatus::Destroyed);
        if other || gone {
            return Fit::No;
        }
        named(order.name.as_deref(), cluster.name.as_deref(), age(cluster.id.as_ref(), before))
    })
}

/// The volume that `order` made, among those listed.
#[must_use]
pub fn volume(
    order: &CreateStorage,
    listed: Vec<StorageInfo>,
    before: Option<&[StorageId]>,
) -> Reconciled<StorageInfo> {
    pick(listed, |volume| {
        let other = volume.size_gb.is_some_and(|size| size != order.size_gb);
        let gone = volume.status == Some(StorageStatus::Destroyed);
        if other || gone {
            return Fit::No;
        }
        named(order.name.as_deref(), volume.name.as_deref(), age(volume.id.as_ref(), before))
    })
}

/// The key that `order` added, among those listed. Found, it may have been there before: it is there, which is all that
/// matters.
#[must_use]
pub fn ssh_key(order: &AddSshKey, listed: Vec<SshKeyInfo>) -> Reconciled<SshKeyInfo> {
    // Type and key; the comment after them is no part of it.
    let part = |text: &str| text.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    let wanted = part(&order.public_key);
    let found = pick(listed, |key| match &key.public_key {
        Some(text) if part(text) == wanted => Fit::Is(Evidence::PublicKey),
        Some(_) => Fit::No,
        None => Fit::MayBe,
    });
    match found {
        // The same key twice is still that key.
        Reconciled::Ambiguous(mut keys) if keys.iter().all(|key| key.public_key.is_some()) => {
            Reconciled::Found { item: keys.swap_remove(0), evidence: Evidence::PublicKey }
        }
        found => found,
    }
}

/// Whether the volume, as it is now, is where `order` wanted it. An order that was accepted and goes on does not show yet,
/// so it is never [`Reconciled::NotFound`]: the operations of the cluster tell more.
#[must_use]
pub fn attachment(order: &AttachStorage, volume: StorageInfo) -> Reconciled<StorageInfo> {
    let attached = |cluster| volume.attached_clusters.as_ref().is_some_and(|all| all.contains(cluster));
    if !order.clusters.is_empty() && order.clusters.iter().all(attached) {
        return Reconciled::Found { item: volume, evidence: Evidence::Attached };
    }
    Reconciled::Ambiguous(vec![volume])
}

/// The job that a push made, among those listed. Jobs have no names, so without `before` it is at best a guess.
#[must_use]
pub fn job(push: &PushJob, listed: Vec<JobInfo>, before: Option<&[JobId]>) -> Reconciled<JobInfo> {
    pick(listed, |job| {
        let cluster = job.extra.get("cluster_id").and_then(serde_json::Value::as_str);
        if cluster.is_some_and(|cluster| push.cluster_id != *cluster) {
            return Fit::No;
        }
        named(None, None, age(job.id.as_ref(), before))
    })
}

/// Whether it is new; `None` if that is not known.
fn age<I: PartialEq>(id: Option<&I>, before: Option<&[I]>) -> Option<bool> {
    Some(!before?.contains(id?))
}

fn named(wanted: Option<&str>, name: Option<&str>, new: Option<bool>) -> Fit {
    match (wanted, name, new) {
        (_, _, Some(false)) => Fit::No,
        (Some(wanted), Some(name), _) if wanted == name => Fit::Is(Evidence::Name),
        (Some(_), Some(_), _) => Fit::No,
        (None, _, Some(true)) => Fit::Is(Evidence::New),
        (_, _, _) => Fit::MayBe,
    }
}

fn pick<T>(listed: Vec<T>, fit: impl Fn(&T) -> Fit) -> Reconciled<T> {
    let (mut certain, mut possible) = (Vec::new(), Vec::new());
    for item in listed {
        match fit(&item) {
            Fit::Is(evidence) => certain.push((item, evidence)),
            Fit::MayBe => possible.push(item),
            Fit::No => {}
        }
    }
    match (certain.len(), certain.pop()) {
        (1, Some((item, Evidence::New))) if !possible.is_empty() => {
            possible.push(item);
            Reconciled::Ambiguous(possible)
        }
        (1, Some((item, evidence))) => Reconciled::Found { item, evidence },
        (_, Some(last)) => {
            certain.push(last);
            Reconciled::Ambiguous(certain.into_iter().map(|(item, _)| item).collect())
        }
        (_, None) if possible.is_empty() => Reconciled::NotFound,
        (_, None) => Reconciled::Ambiguous(possible),
    }
}
