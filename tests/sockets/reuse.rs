//! Connections: kept, shared, and replaced when the server closes them.

use std::time::Duration;

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::flow::RetryPolicy;

use crate::adapter::{Adapter, Needs};
use crate::far::{Does, Far, ME, json};

crate::cases!(
    a_hundred_calls_in_a_row_share_one_connection,
    a_thousand_calls_at_once_all_come_back,
    reading_survives_a_server_that_closes_idle_connections,
    an_order_is_not_repeated_over_a_connection_that_broke,
);

async fn a_hundred_calls_in_a_row_share_one_connection(adapter: &Adapter) {
    let far = Far::start([Does::Writes(json(200, ME))]).await;
    let client = adapter.client(&far.url(), &Needs::default());
    for _ in 0..100 {
        client.send(GetMe).await.unwrap();
    }
    assert_eq!((far.requests().len(), far.connections()), (100, 1));
}

async fn a_thousand_calls_at_once_all_come_back(adapter: &Adapter) {
    let far = Far::start([Does::Writes(json(200, ME))]).await;
    let client = adapter.client(&far.url(), &Needs::default());
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.send(GetMe).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(far.requests().len(), 1_000);
}

async fn reading_survives_a_server_that_closes_idle_connections(adapter: &Adapter) {
    let far = Far::start([Does::WritesAndClosesLater(json(200, ME), Duration::from_millis(5))]).await;
    let client = adapter.client_with(&far.url(), &Needs::default(), RetryPolicy::default());
    for pause in [0, 1, 4, 5, 6, 10, 30] {
        for _ in 0..5 {
            client.send(GetMe).await.unwrap();
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }
    assert!(far.connections() > 5, "the server did close: {}", far.connections());
}

async fn an_order_is_not_repeated_over_a_connection_that_broke(adapter: &Adapter) {
    // The first answer leaves a pooled connection; the server breaks it once it has read the order.
    let far = Far::start([Does::Writes(json(200, ME)), Does::Resets]).await;
    let client = adapter.client_with(&far.url(), &Needs::default(), RetryPolicy::default());
    client.send(GetMe).await.unwrap();
    let error = client.send(CreateCluster::new("1xH100")).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error}");
    let orders = far.requests().iter().filter(|head| head.starts_with("POST /cluster/create")).count();
    assert_eq!(orders, 1);
}
