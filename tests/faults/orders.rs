//! Orders over a link that drops at every byte of the answer, and before and after the request: at most one each, told
//! truthfully, and found again without another.

use tensorpool_client::core::Error;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::ssh_key::AddSshKey;
use tensorpool_client::core::api::storage::CreateStorage;
use tensorpool_client::core::reconcile::{Evidence, Reconciled};
use tensorpool_emulator::{Fault, Rule};

use crate::run::block_on;
use crate::world::World;

/// What one order came to: the error, how many things there are more, and what the list says.
struct Met {
    outcome: Result<(), Error>,
    more: usize,
    found: Option<Evidence>,
    none: bool,
}

fn verdict<T>(reconciled: Reconciled<T>) -> (Option<Evidence>, bool) {
    match reconciled {
        Reconciled::Found { evidence, .. } => (Some(evidence), false),
        Reconciled::NotFound => (None, true),
        _ => (None, false),
    }
}

const KINDS: [&str; 4] = ["cluster.create", "storage.create", "ssh_key.add", "cluster.create without a name"];

fn order(world: &World, kind: &str, at: usize) -> Met {
    let engine =
        |look: fn(&mut tensorpool_emulator::Engine) -> usize| world.transport.emulator().with_engine(look);
    let counts =
        || engine(|engine| engine.clusters_created() + engine.volumes_created() + engine.ssh_key_count());
    let before = counts();
    let (outcome, (found, none)) = block_on(kind, &world.transport, async {
        let ada = &world.ada;
        match kind {
            "storage.create" => {
                let order = CreateStorage::new(100).name(format!("n-{at}"));
                let outcome = ada.storage().create(order.clone()).await.map(drop);
                (outcome, verdict(ada.storage().reconcile(&order, None).await.unwrap()))
            }
            "ssh_key.add" => {
                let add = AddSshKey::new(format!("ssh-ed25519 AAAA{at:08} ada"));
                let outcome = ada.ssh_keys().add(add.clone()).await.map(drop);
                (outcome, verdict(ada.ssh_keys().reconcile(&add).await.unwrap()))
            }
            "cluster.create" => {
                let order = CreateCluster::new("1xH100").name(format!("n-{at}"));
                let outcome = ada.clusters().create(order.clone()).await.map(drop);
                (outcome, verdict(ada.clusters().reconcile(&order, None).await.unwrap()))
            }
            _ => {
                let listed = ada.clusters().list().await.unwrap();
                let before: Vec<_> = listed.into_iter().filter_map(|cluster| cluster.id).collect();
                let order = CreateCluster::new("1xH100");
                let outcome = ada.clusters().create(order.clone()).await.map(drop);
                (outcome, verdict(ada.clusters().reconcile(&order, Some(&before)).await.unwrap()))
            }
        }
    });
    Met { outcome, more: counts() - before, found, none }
}

#[test]
fn an_order_over_a_link_that_drops_anywhere_is_at_most_one_and_is_found_again() {
    let (mut orders, mut made, mut doubtful, mut fired, mut wrong) = (0_u32, 0, 0, 0, Vec::new());
    for kind in KINDS {
        let route = kind.split(' ').next().unwrap();
        let world = World::new(0);
        let script = world.transport.script();
        // Beyond the longest answer a reset comes before the last byte.
        let resets = (0..400).map(Fault::ResetAfter);
        let whole = [Fault::CutBefore, Fault::CutAfter, Fault::Stall, Fault::StallAfter, Fault::ShortBody];
        for (at, fault) in whole.into_iter().chain(resets).enumerate() {
            script.clear();
            let applied = !matches!(fault, Fault::CutBefore | Fault::Stall);
            let name = format!("{kind} × {fault:?}");
            let rule = script.add(Rule::on(route, fault));
            let met = order(&world, kind, at);
            orders += 1;
            fired += rule.fired();
            made += met.more;
            let doubt = met.outcome.as_ref().is_err_and(Error::may_have_been_applied);
            doubtful += usize::from(doubt);
            let told = if applied { met.found.is_some() } else { met.none };
            if met.more != usize::from(applied) || !doubt || !told {
                wrong.push(format!("{name}: made {}, doubt {doubt}, found {:?}", met.more, met.found));
            }
        }
    }
    println!(
        "proof: an order whose answer is lost is at most one and is found again | {orders} orders of 4 kinds, {made} made, \
         {doubtful} told as perhaps applied, {} wrong | cargo test -p tensorpool-tests --test faults -- --nocapture an_order",
        wrong.len(),
    );
    assert_eq!(fired, orders, "each fault happened once");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
