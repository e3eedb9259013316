//! Things that go wrong on the way, scripted at the engine. `run` checks that each fault happened.

use std::time::Duration;

use tensorpool_client::Transport;
use tensorpool_client::core::Error;
use tensorpool_client::core::api::cluster::{CreateCluster, ListClusters};
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_emulator::{Fault, Rule};

use crate::world::World;

pub(crate) async fn a_busy_engine_is_asked_again<T: Transport + Clone>(world: &World<T>) {
    let script = world.emulator.script();
    let busy = script.add(Rule::on("cluster.list", Fault::status(503)).times(2));
    let limited = script.add(Rule::on("user.me", Fault::status_retry_after(429, "1")));
    let client = world.client();
    client.clusters().list().await.unwrap();
    client.account().me().await.unwrap();
    assert_eq!((busy.fired(), limited.fired()), (2, 1));

    // An order the engine says it refused for now may be made again; one that met a 503 may not.
    script.add(Rule::on("cluster.create", Fault::status_retry_after(429, "1")));
    script.add(Rule::on("cluster.create", Fault::status(503)));
    let error = client.clusters().create(CreateCluster::new("1xH100")).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error}");
    assert_eq!(world.emulator.with_engine(|e| e.clusters_created()), 0);
}

pub(crate) async fn a_broken_connection_is_mended_for_reading<T: Transport + Clone>(world: &World<T>) {
    let script = world.emulator.script();
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::ResetAfter(10), Fault::ShortBody] {
        let rule = script.add(Rule::on("cluster.list", fault));
        world.client().clusters().list().await.unwrap();
        assert_eq!(rule.fired(), 1);
    }
}

pub(crate) async fn an_order_whose_answer_is_lost_is_made_once_and_found_again<T: Transport + Clone>(
    world: &World<T>,
) {
    let client = world.client();
    for (at, fault) in
        [Fault::CutAfter, Fault::ResetAfter(5), Fault::ShortBody, Fault::BadJson].into_iter().enumerate()
    {
        let name = format!("train-{at}");
        world.emulator.script().add(Rule::on("cluster.create", fault.clone()));
        let order = CreateCluster::new("1xH100").name(&name);
        let error = client.clusters().create(order).await.unwrap_err();
        assert!(error.may_have_been_applied(), "{fault:?}: {error}");
        assert!(error.to_string().contains("look before sending it again"), "{fault:?}: {error}");
        // What the error says to do: look, by name, and take it from there.
        let found = client.clusters().info(name.as_str()).await.unwrap();
        assert!(found.id.is_some());
        assert_eq!(world.emulator.with_engine(|e| e.clusters_created()), at + 1, "{fault:?}");
    }
}

pub(crate) async fn an_unreadable_answer_is_an_error_and_nothing_else_breaks<T: Transport + Clone>(
    world: &World<T>,
) {
    let client = world.client();
    for fault in [Fault::BadJson, Fault::BadUtf8, Fault::Html] {
        world.emulator.script().add(Rule::on("user.me", fault.clone()));
        let error = client.account().me().await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{fault:?}: {error}");
        assert!(!error.may_have_been_applied());
        client.account().me().await.unwrap();
    }
}

pub(crate) async fn statuses_and_fields_from_tomorrow_do_no_harm<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    client.clusters().create(CreateCluster::new("1xH100").name("a")).await.unwrap().done().await.unwrap();
    for fault in [Fault::UnknownEnums, Fault::UnknownFields] {
        world.emulator.script().add(Rule::on("cluster.list", fault.clone()));
        let clusters = client.clusters().list().await.unwrap();
        assert_eq!(clusters.len(), 1, "{fault:?}");
        assert_eq!(clusters[0].name.as_deref(), Some("a"));
    }
    // A request whose status nobody knows is asked about until one is known.
    world.emulator.script().add(Rule::on("request.info", Fault::UnknownEnums).times(3));
    client.clusters().create(CreateCluster::new("1xH100")).await.unwrap().done().await.unwrap();
}

pub(crate) async fn a_stalled_engine_is_given_up_in_time<T: Transport + Clone>(world: &World<T>) {
    let client = world.client_with(|b| b.retry(RetryPolicy::default().deadline(Duration::from_millis(300))));
    world.emulator.script().add(Rule::on("user.me", Fault::Stall).always());
    world.emulator.script().add(Rule::on("cluster.create", Fault::StallAfter));
    let started = client.transport().now();
    let error = client.account().me().await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_been_applied(), "{error}");
    let error = client.clusters().create(CreateCluster::new("1xH100")).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_been_applied(), "{error}");
    assert!(client.transport().now().since(started) < Duration::from_secs(3));
    // The engine may see it a moment later than the client gives up.
    for _ in 0..100 {
        if world.emulator.with_engine(|e| e.clusters_created()) == 1 {
            return;
        }
        client.transport().sleep(Duration::from_millis(10)).await;
    }
    panic!("the engine made no cluster");
}

pub(crate) async fn a_raw_answer_is_what_came<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let raw = client.send_raw(ListClusters::new()).await.unwrap();
    assert_eq!(raw.status().as_u16(), 200);
    assert!(raw.body().starts_with(b"{"));
    world.emulator.script().add(Rule::on("cluster.list", Fault::body(418, "short and stout")));
    let raw = client.send_raw(ListClusters::new()).await.unwrap();
    assert_eq!((raw.status().as_u16(), &raw.body()[..]), (418, &b"short and stout"[..]));
}
