//! Ordering a cluster (contract §4.1).

use serde_json::json;
use tensorpool_core::api::cluster::ClusterCreated;
use tensorpool_core::model::{ClusterStatus, InstanceType, RequestType};
use tensorpool_core::{ClusterId, InstanceId};

use crate::answer::{Answered, Issue, Refusal, accepted};
use crate::call::Call;
use crate::form::Form;
use crate::pricing;
use crate::state::State;
use crate::state::account::Owner;
use crate::state::agenda::{Phase, Step};
use crate::state::cluster::{Cluster, Instance};
use crate::state::request::Work;
use crate::state::ssh_key::is_public_key;
use crate::tables::counted;

/// The most nodes of one cluster. The real limit is unknown; this one keeps a slip from filling the memory.
const MOST_NODES: u64 = 64;

/// What was ordered.
struct Order {
    instance_type: InstanceType,
    nodes: u32,
    name: Option<String>,
    container: Option<String>,
    protected: bool,
    keys: Vec<String>,
    save_keys: bool,
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Answered {
    let order = read(call)?;
    let user = state.user(call)?;
    let (owner, email) = (Owner::of(user), user.email.clone());
    if let Some(bad) = order.keys.iter().position(|key| !is_public_key(key)) {
        return Err(Refusal::bad_request(format!("Public key {} is not in OpenSSH format", bad + 1)));
    }
    let has_key = || state.keys.iter().any(|key| owner.reaches(&key.owner));
    if state.config.ssh_key_required && order.keys.is_empty() && !has_key() {
        return Err(Refusal::bad_request(
            "No SSH key: give one with -i, or add one to your account with `tp me sshkey add`",
        ));
    }
    if let Some(name) = order.name.as_deref().filter(|name| state.name_is_taken(&owner, name, None)) {
        return Err(Refusal::conflict(format!("A cluster named {name} exists already")));
    }
    let rate = pricing::cluster(&order.instance_type, order.nodes).unwrap_or_default();
    state.afford(&owner, rate, 1.0)?;

    if order.save_keys {
        for key in &order.keys {
            if state.same_key(&owner, key).is_none() {
                state.keep_key(&owner, email.clone(), key);
            }
        }
    }
    let id = ClusterId::from(state.ids.next("c"));
    let instances = instances(state, &id, order.nodes);
    let name = order.name.unwrap_or_else(|| id.as_str().replacen("c-", "cluster-", 1));
    let mut created = ClusterCreated::new(id.clone());
    created.instance_ids = instances.iter().map(|instance| instance.id.clone()).collect();
    let cluster = Cluster {
        id: id.clone(),
        name: name.clone(),
        owner: owner.clone(),
        instance_type: order.instance_type.clone(),
        nodes: order.nodes,
        instances,
        status: ClusterStatus::Pending,
        storage: Vec::new(),
        protected: order.protected,
        container: order.container,
        created: call.now,
        rate,
        billed: false,
    };
    let phases = phases(state, &cluster);
    state.clusters.insert(cluster);
    let work =
        Work { kind: RequestType::ClusterClaim, owner: &owner, object: id.as_str(), cluster: Some(&id) };
    created.request_id = Some(state.begin(&work, phases));
    created.message = Some(format!(
        "Cluster {id} ({name}) is being created: {}, {}, {rate}.\nRun `tp cluster info {id}` to see how it goes.",
        order.instance_type,
        counted(order.nodes.try_into().unwrap_or(usize::MAX), "node"),
    ));
    accepted(&created)
}

fn read(call: &Call<'_>) -> Result<Order, Refusal> {
    let mut form = Form::read(call.body)?;
    let instance_type = form.required_text(&["instance_type"]);
    let nodes = form.count(&["num_nodes"]).unwrap_or(1);
    let name = form.text(&["tp_cluster_name"]);
    let order = Order {
        instance_type: instance_type.as_str().into(),
        nodes: u32::try_from(nodes).unwrap_or(u32::MAX),
        container: form.text(&["container", "experimental_container"]),
        protected: form.boolean(&["deletion_protection"]).unwrap_or(false),
        keys: form.texts(&["public_keys"]).unwrap_or_default(),
        save_keys: form.boolean(&["save_keys"]).unwrap_or(true),
        name,
    };
    check_name(&mut form, "tp_cluster_name", order.name.as_deref());
    form.check()?;
    known(&instance_type, "body")?;
    if nodes > 1 && !order.instance_type.is_multi_node() {
        let message = format!(
            "{instance_type} does not support multiple nodes; {} do",
            InstanceType::MULTI_NODE.join(" and ")
        );
        return Err(Refusal::bad_request(message));
    }
    if nodes > MOST_NODES {
        return Err(Refusal::bad_request(format!("A cluster has at most {MOST_NODES} nodes")));
    }
    Ok(order)
}

/// An empty name could not be addressed.
pub(super) fn check_name(form: &mut Form, field: &str, name: Option<&str>) {
    if name.is_some_and(|name| name.trim().is_empty()) {
        let issue = Issue::new(
            "string_too_short",
            &["body", field],
            "String should have at least 1 character",
            json!(name),
        );
        form.issue(issue.context(json!({ "min_length": 1 })));
    }
}

/// A 422 for an instance type that is not on offer.
pub(super) fn known(instance_type: &str, part: &str) -> Result<(), Refusal> {
    if InstanceType::KNOWN.contains(&instance_type) {
        return Ok(());
    }
    let names: Vec<_> = InstanceType::KNOWN.iter().map(|name| format!("'{name}'")).collect();
    let expected = match names.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    let issue = Issue::new(
        "enum",
        &[part, "instance_type"],
        format!("Input should be {expected}"),
        instance_type.into(),
    );
    Err(Refusal::Invalid(vec![issue.context(json!({ "expected": expected }))]))
}

/// One machine, or a jumphost with a public address and workers without (contract §4.9).
fn instances(state: &mut State, cluster: &ClusterId, nodes: u32) -> Vec<Instance> {
    let number = state.ids.made("c");
    let mut make = |name: String, host: u32, public: bool| Instance {
        id: InstanceId::from(state.ids.next("i")),
        name: format!("{cluster}-{name}"),
        status: ClusterStatus::Pending,
        // The addresses of documentation (RFC 5737): nobody's machine is called by accident.
        public_ip: public.then(|| format!("203.0.113.{}", 1 + number % 254)),
        private_ip: format!("10.{}.{}.{}", number / 256 % 256, number % 256, 10 + host),
    };
    if nodes == 1 {
        return vec![make("0".to_owned(), 0, true)];
    }
    let jumphost = make("jumphost".to_owned(), 0, true);
    let workers = (0..nodes).map(|worker| make(worker.to_string(), worker + 1, false));
    std::iter::once(jumphost).chain(workers.collect::<Vec<_>>()).collect()
}

fn phases(state: &mut State, cluster: &Cluster) -> Vec<Phase> {
    let (timings, id, name) = (state.config.timings, &cluster.id, &cluster.name);
    let becomes = |status| Step::Cluster { id: id.clone(), status };
    let pending = Phase::pending(timings.pending, format!("Cluster {id} is waiting for machines"));
    let provisioning = Phase::processing(
        timings.provisioning,
        format!("Provisioning {}", counted(cluster.instances.len(), "instance")),
    )
    .step(becomes(ClusterStatus::Provisioning));
    if let Some(why) = state.claims_to_fail.pop_front() {
        return vec![pending, provisioning, Phase::failed(why).step(becomes(ClusterStatus::Failed))];
    }
    let configuring = Phase::processing(timings.configuring, format!("Configuring cluster {id}"))
        .step(becomes(ClusterStatus::Configuring));
    let login = cluster.entrance().map(|entrance| format!(" Log in with `tp ssh {}`.", entrance.id));
    let done = format!("Cluster {id} ({name}) is running.{}", login.unwrap_or_default());
    vec![pending, provisioning, configuring, Phase::completed(done).step(becomes(ClusterStatus::Running))]
}
