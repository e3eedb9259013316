//! Looking at clusters: list, info, price, operations (contract §4.3, §4.4, §4.6, §4.7).

use serde_json::json;
use tensorpool_core::api::cluster::{ClusterAnswer, ClusterList, OperationList};
use tensorpool_core::model::{InstanceType, Quote, RequestStatus, RequestType, UsdPerHour};

use crate::answer::{Answered, Issue, Refusal, ok};
use crate::call::Call;
use crate::state::State;
use crate::state::cluster::{Cluster, Instance, SSH_USER};
use crate::tables::{Table, counted, facts};
use crate::{calendar, pricing};

use super::cluster_create::known;

pub(super) fn list(state: &State, call: &Call<'_>) -> Answered {
    let (owner, organization, instances) = (state.owner(call)?, call.include_org()?, call.flag("instances")?);
    let clusters = state.clusters.iter().filter(|c| !c.is_gone() && owner.lists(&c.owner, organization));
    let clusters: Vec<&Cluster> = clusters.collect();
    // That `instances` leaves the JSON as it is is a guess (contract §4.3).
    let mut list = ClusterList::new(clusters.iter().map(|c| c.info(state.config.epoch)).collect::<Vec<_>>());
    list.message = Some(match (clusters.as_slice(), instances) {
        ([], _) => "No clusters found".to_owned(),
        (clusters, true) => {
            instance_table(clusters.iter().flat_map(|c| c.instances.iter().map(move |i| (*c, i))))
        }
        (clusters, false) => cluster_table(clusters),
    });
    ok(&list)
}

fn cluster_table(clusters: &[&Cluster]) -> String {
    let mut table =
        Table::new(&["CLUSTER ID", "NAME", "TYPE", "NODES", "STATUS", "LOGIN", "STORAGE", "PRICE"]);
    let mut total = 0.0;
    for cluster in clusters {
        let storage: Vec<_> = cluster.storage.iter().map(ToString::to_string).collect();
        total += if cluster.billed { cluster.rate.0 } else { 0.0 };
        table.row([
            cluster.id.to_string(),
            cluster.name.clone(),
            cluster.instance_type.to_string(),
            cluster.nodes.to_string(),
            cluster.status.to_string(),
            cluster.entrance().map(login).unwrap_or_default(),
            storage.join(" "),
            cluster.rate.to_string(),
        ]);
    }
    let count = counted(clusters.len(), "cluster");
    format!("{}\n\n{count}, spending {}", table.render(), UsdPerHour(total))
}

fn instance_table<'a>(instances: impl Iterator<Item = (&'a Cluster, &'a Instance)>) -> String {
    let mut table =
        Table::new(&["INSTANCE ID", "NAME", "CLUSTER", "STATUS", "PUBLIC IP", "PRIVATE IP", "LOGIN"]);
    for (cluster, instance) in instances {
        let known = |ip: Option<&String>| ip.filter(|_| instance.has_address()).cloned().unwrap_or_default();
        table.row([
            instance.id.to_string(),
            instance.name.clone(),
            cluster.name.clone(),
            instance.status.to_string(),
            known(instance.public_ip.as_ref()),
            known(Some(&instance.private_ip)),
            login(instance),
        ]);
    }
    table.render()
}

fn login(instance: &Instance) -> String {
    let ip = instance.public_ip.as_ref().filter(|_| instance.has_address());
    ip.map(|ip| format!("{SSH_USER}@{ip}")).unwrap_or_default()
}

pub(super) fn info(state: &State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let cluster = state.find_cluster(&owner, call.parameter())?;
    let storage: Vec<_> = cluster.storage.iter().map(|id| format!("{id} (on /mnt/{id})")).collect();
    let lines = facts(&[
        ("Cluster", cluster.id.to_string()),
        ("Name", cluster.name.clone()),
        ("Status", cluster.status.to_string()),
        ("Type", format!("{}, {}", cluster.instance_type, counted(nodes(cluster), "node"))),
        ("Price", cluster.rate.to_string()),
        ("Container", cluster.container.clone().unwrap_or_default()),
        ("Storage", storage.join(", ")),
        ("Protected", if cluster.protected { "yes, from destruction" } else { "no" }.to_owned()),
        ("Created", format!("{} UTC", calendar::short(state.config.epoch, cluster.created))),
    ]);
    let instances = instance_table(cluster.instances.iter().map(|instance| (cluster, instance)));
    let mut answer = ClusterAnswer::new(cluster.info(state.config.epoch));
    answer.message = Some(format!("{lines}\n\n{instances}"));
    ok(&answer)
}

fn nodes(cluster: &Cluster) -> usize {
    cluster.nodes.try_into().unwrap_or(usize::MAX)
}

pub(super) fn quote(call: &Call<'_>) -> Answered {
    let instance_type = call.text("instance_type").ok_or_else(|| Call::missing("instance_type"))?;
    let nodes = u32::try_from(call.number("num_nodes")?.unwrap_or(1)).unwrap_or(u32::MAX);
    known(instance_type, "query")?;
    let kind = InstanceType::from(instance_type);
    if nodes > 1 && !kind.is_multi_node() {
        return Err(Refusal::bad_request(format!("{kind} does not support multiple nodes")));
    }
    ok(&quoted(pricing::cluster(&kind, nodes).unwrap_or_default()))
}

pub(super) fn quoted(rate: UsdPerHour) -> Quote {
    let mut quote = Quote::new(rate);
    quote.message = Some(format!("{rate}, {} a day", rate.per_day()));
    quote
}

/// The names of the filters and of the answer's fields are guesses (contract §4.7). The operations on a cluster that is
/// gone are still told, by its id.
pub(super) fn operations(state: &State, call: &Call<'_>) -> Answered {
    let (owner, reference) = (state.owner(call)?, call.parameter());
    let kind = filter(call, "type", RequestType::from, |kind| !matches!(kind, RequestType::Unknown(_)))?;
    let status =
        filter(call, "status", RequestStatus::from, |status| !matches!(status, RequestStatus::Unknown(_)))?;
    let cluster = match state.clusters.get(reference).filter(|c| owner.reaches(&c.owner)) {
        Some(cluster) => cluster,
        None => state.find_cluster(&owner, reference)?,
    };
    let requests = state.requests.iter().filter(|request| {
        request.clusters.contains(&cluster.id)
            && kind.as_ref().is_none_or(|kind| request.kind == *kind)
            && status.as_ref().is_none_or(|status| request.status == *status)
    });
    let mut table = Table::new(&["REQUEST ID", "TYPE", "STATUS", "CREATED", "MESSAGE"]);
    let mut list = OperationList::default();
    for request in requests {
        table.row([
            request.id.to_string(),
            request.kind.to_string(),
            request.status.to_string(),
            calendar::short(state.config.epoch, request.created),
            request.message.clone(),
        ]);
        list.operations.push(request.info(state.config.epoch));
    }
    let none = || format!("No operations on cluster {} match", cluster.id);
    list.message = Some(if list.operations.is_empty() { none() } else { table.render() });
    ok(&list)
}

fn filter<'t, T>(
    call: &'t Call<'_>,
    name: &str,
    read: impl Fn(&'t str) -> T,
    known: impl Fn(&T) -> bool,
) -> Result<Option<T>, Refusal> {
    let Some(text) = call.text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let value = read(text);
    if known(&value) {
        return Ok(Some(value));
    }
    let issue =
        Issue::new("enum", &["query", name], "Input should be one of the documented values", json!(text));
    Err(Refusal::Invalid(vec![issue]))
}
