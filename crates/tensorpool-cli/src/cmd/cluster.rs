//! `tp cluster`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;
use tensorpool_client::core::api::cluster::{
    ClusterCreated, CreateCluster, DestroyCluster, EditCluster, GetCluster, ListClusterOperations,
    ListClusters, QuoteCluster,
};
use tensorpool_client::core::api::storage::{AttachStorage, DetachStorage};
use tensorpool_client::core::flow::Submitted;
use tensorpool_client::core::model::{ClusterInfo, UsdPerHour};

use super::request::{operations, wait_for};
use crate::app::App;
use crate::args::{Org, WaitArg, truth};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum Cluster {
    /// Order a cluster; it is billed from then on
    Create(Create),
    /// Destroy a cluster and what is on its disks
    #[command(visible_alias = "rm")]
    Destroy {
        /// Its id or name
        cluster_id: String,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// List clusters
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        org: Org,
        /// Every instance of every cluster, too
        #[arg(long)]
        instances: bool,
    },
    /// Show one cluster
    Info {
        /// Its id or name
        cluster_id: String,
    },
    /// Rename a cluster, or protect it from being destroyed
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
    Edit {
        /// Its id or name
        cluster_id: String,
        /// Its new name
        #[arg(long, group = "change")]
        name: Option<String>,
        /// Whether it refuses to be destroyed
        #[arg(long, group = "change", value_parser = truth, value_name = "true|false")]
        deletion_protection: Option<bool>,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// Attach a storage volume
    Attach {
        /// The cluster's id
        cluster_id: String,
        /// The volume's id
        storage_id: String,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// Detach a storage volume
    Detach {
        /// The cluster's id
        cluster_id: String,
        /// The volume's id
        storage_id: String,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// What was and is done to a cluster
    Operations {
        /// Its id or name
        cluster_id: String,
    },
    /// Wait until all that is being done to a cluster is done
    Wait {
        /// Its id or name
        cluster_id: String,
        /// At most this long
        #[arg(long, value_name = "DURATION", default_value = crate::wait::DEFAULT, value_parser = crate::args::duration)]
        timeout: std::time::Duration,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Such as 8xH100; see https://docs.tensorpool.dev/resources/instance-types
    #[arg(required_unless_present = "old_type")]
    instance_type: Option<String>,
    /// A file with a public SSH key, beside those on the account (see `tp me sshkey`)
    #[arg(short = 'i', long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// The cluster's name
    #[arg(long)]
    name: Option<String>,
    /// How many nodes; 1 unless given
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    num_nodes: Option<u32>,
    /// It refuses to be destroyed until that is switched off
    #[arg(long)]
    deletion_protection: bool,
    /// The container image of its nodes
    #[arg(long, value_name = "IMAGE")]
    container: Option<String>,
    /// Refuse if an hour costs more, USD; also if the price is unknown
    #[arg(long, value_name = "USD", value_parser = price)]
    max_price: Option<f64>,
    #[command(flatten)]
    wait: WaitArg,
    #[arg(short = 't', long = "type", hide = true, conflicts_with = "instance_type")]
    old_type: Option<String>,
}

fn price(text: &str) -> Result<f64, String> {
    let price: f64 = text.trim_start_matches('$').parse().map_err(|_| "a number of USD".to_owned())?;
    if price.is_finite() && price >= 0.0 { Ok(price) } else { Err("a number of USD, 0 or more".to_owned()) }
}

impl Cluster {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(app).await,
            Self::Destroy { cluster_id, wait } => {
                app.consent(&format!("Destroy cluster {cluster_id} and what is on its disks?"), &cluster_id)?;
                let destroy = DestroyCluster::new(cluster_id.as_str());
                app.order(destroy, wait.wait, |answer, json| accepted(json, &cluster_id, answer)).await
            }
            Self::List { org, instances } => {
                let list = ListClusters::new().include_org(org.org).instances(instances);
                app.look(list, |answer, json| listed(json, &answer.clusters, instances)).await
            }
            Self::Info { cluster_id } => {
                let get = GetCluster::new(cluster_id.as_str());
                app.look(get, |answer, json| info(json, &answer.cluster_info)).await
            }
            Self::Edit { cluster_id, name, deletion_protection, wait } => {
                let mut edit = EditCluster::new(cluster_id.as_str());
                if let Some(name) = name {
                    edit = edit.name(name);
                }
                if let Some(on) = deletion_protection {
                    edit = edit.deletion_protection(on);
                }
                app.order(edit, wait.wait, |answer, json| accepted(json, &cluster_id, answer)).await
            }
            Self::Attach { cluster_id, storage_id, wait } => {
                let attach = AttachStorage::new(storage_id.as_str(), cluster_id.as_str());
                app.order(attach, wait.wait, |answer, json| accepted(json, &storage_id, answer)).await
            }
            Self::Detach { cluster_id, storage_id, wait } => {
                let detach = DetachStorage::new(storage_id.as_str(), cluster_id.as_str());
                app.order(detach, wait.wait, |answer, json| accepted(json, &storage_id, answer)).await
            }
            Self::Operations { cluster_id } => {
                let list = ListClusterOperations::new(cluster_id.as_str());
                app.look(list, |answer, json| operations(json, &answer.operations)).await
            }
            Self::Wait { cluster_id, timeout } => {
                let list = ListClusterOperations::new(cluster_id.as_str());
                let Some(answer) = app.send(list).await? else { return Ok(()) };
                let open = answer.value.operations.iter().filter(|o| !o.status.is_terminal());
                let open: Vec<_> = open.map(|o| o.request_id.clone()).collect();
                if open.is_empty() {
                    return app.screen.show(&operations(answer.json, &[]).note(Some("nothing is under way")));
                }
                wait_for(app, open, timeout).await
            }
        }
    }
}

impl Create {
    async fn run(self, app: &App) -> Result<(), Failure> {
        if self.old_type.is_some() {
            app.screen.say("hint: the type is the first argument now: `tp cluster create TYPE`");
        }
        let kind = self.instance_type.or(self.old_type).unwrap_or_default();
        let mut create = CreateCluster::new(kind.as_str()).deletion_protection(self.deletion_protection);
        let mut quote = QuoteCluster::new(kind.as_str());
        if let Some(path) = &self.public_key {
            let key = std::fs::read_to_string(path).map_err(|e| Failure::io(path.display(), &e))?;
            create = create.public_key(key);
        }
        if let Some(name) = &self.name {
            create = create.name(name);
        }
        if let Some(nodes) = self.num_nodes {
            (create, quote) = (create.num_nodes(nodes), quote.num_nodes(nodes));
        }
        if let Some(image) = self.container {
            create = create.container(image);
        }
        // The price is asked for only where somebody sees it or sets a limit: a script sends what the official client does.
        let asks = app.screen.asks && !app.globals.agrees();
        if !app.globals.dry_run && (asks || self.max_price.is_some()) {
            let price = hourly(app, quote).await?;
            let said = price
                .map_or_else(|| "price unknown".to_owned(), |usd| format!("{usd}, {} a day", usd.per_day()));
            if let Some(limit) = self.max_price {
                match price {
                    Some(usd) if usd.0 <= limit => {}
                    _ => {
                        return Err(Failure::new(
                            Exit::Declined,
                            format!(
                                "{kind}: {said}; --max-price is {limit} USD an hour; nothing was ordered"
                            ),
                        ));
                    }
                }
            }
            let nodes =
                self.num_nodes.filter(|n| *n > 1).map_or_else(String::new, |n| format!("{n} nodes of "));
            app.consent(&format!("Order {nodes}{kind}: {said}?"), &kind)?;
        } else {
            app.consent(&format!("Order {kind}?"), &kind)?;
        }
        app.order(create, self.wait.wait, created).await
    }
}

/// What an hour costs; `None` if the engine does not say. What it cannot be asked is no reason to stop, and neither is
/// a price that it has none for; the order will say what is wrong.
async fn hourly(app: &App, quote: QuoteCluster) -> Result<Option<UsdPerHour>, Failure> {
    match app.client()?.clusters().quote(quote).await {
        Ok(quote) => Ok(Some(quote.hourly_rate)),
        Err(error) if error.is_unauthorized() => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn created(created: &ClusterCreated, json: Value) -> View {
    View::one(json, created.cluster_id.as_str())
        .field("cluster", Some(created.cluster_id.as_str()))
        .field("instances", Some(join(created.instance_ids.iter().map(|id| id.as_str()))))
        .field("request", created.request_id.as_ref().map(|id| id.as_str()))
        .note(created.message.as_deref())
}

/// A change that was accepted.
pub(super) fn accepted(json: Value, id: &str, answer: &impl Submitted) -> View {
    let message = json.get("message").and_then(Value::as_str).map(str::to_owned);
    let requests = answer.request_ids();
    View::one(json, id)
        .field("id", Some(id))
        .field("request", Some(join(requests.iter().map(|id| id.as_str()))))
        .note(message)
}

fn listed(json: Value, clusters: &[ClusterInfo], instances: bool) -> View {
    let mut view = if instances {
        View::list(json, &["CLUSTER", "NAME", "TYPE", "INSTANCE", "STATUS"])
    } else {
        View::list(json, &["ID", "NAME", "TYPE", "STATUS", "INSTANCES", "STORAGE", "PROTECTED"])
    };
    for cluster in clusters {
        let id = text(cluster.id.as_ref());
        let first = [id.clone(), text(cluster.name.as_ref()), text(cluster.instance_type.as_ref())];
        if instances {
            for instance in cluster.instances.iter().flatten() {
                let own = text(instance.id.as_ref());
                let more = [own.clone(), text(instance.status.as_ref())];
                view.row(&own, first.iter().cloned().chain(more).collect());
            }
        } else {
            let storage = cluster.storage.iter().flatten().map(|id| id.as_str());
            let instances = cluster.instances.as_ref().map(Vec::len);
            let protected = yes_or_no(cluster.deletion_protection);
            let more = [text(cluster.status.as_ref()), text(instances), join(storage), text(protected)];
            view.row(&id, first.into_iter().chain(more).collect());
        }
    }
    let none = view.rows.is_empty().then_some("no clusters");
    view.note(none)
}

fn info(json: Value, cluster: &ClusterInfo) -> View {
    let mut view = View::one(json, text(cluster.id.as_ref()))
        .field("id", cluster.id.as_ref())
        .field("name", cluster.name.as_ref())
        .field("type", cluster.instance_type.as_ref())
        .field("status", cluster.status.as_ref())
        .field("container", cluster.container.as_ref())
        .field("protected", yes_or_no(cluster.deletion_protection))
        .field("storage", Some(join(cluster.storage.iter().flatten().map(|id| id.as_str()))));
    for instance in cluster.instances.iter().flatten() {
        let said = format!("{} {}", text(instance.id.as_ref()), text(instance.status.as_ref()));
        view = view.field("instance", Some(said.trim()));
    }
    view
}

/// A cell: what is not known is empty.
pub(super) fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that is true or not.
pub(super) fn yes_or_no(value: Option<bool>) -> Option<&'static str> {
    value.map(|on| if on { "yes" } else { "no" })
}

/// A cell of several things.
pub(super) fn join<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.collect::<Vec<_>>().join(" ")
}
