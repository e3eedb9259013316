//! Clusters: ordered, followed, edited, destroyed.

use tensorpool_client::Transport;
use tensorpool_client::core::api::cluster::{
    CreateCluster, EditCluster, ListClusterOperations, QuoteCluster,
};
use tensorpool_client::core::error::{ApiError, OperationErrorKind};
use tensorpool_client::core::flow::OperationHandle;
use tensorpool_client::core::model::{ClusterStatus, RequestStatus, RequestType};
use tensorpool_client::core::{Error, RequestId};

use crate::world::{BOB, World};

pub(crate) async fn a_cluster_lives_and_dies<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let quote = client.clusters().quote(QuoteCluster::new("8xH200").num_nodes(2)).await.unwrap();
    assert!(quote.hourly_rate.0 > 1.0);

    let mut op =
        client.clusters().create(CreateCluster::new("8xH200").num_nodes(2).name("train")).await.unwrap();
    let id = op.response().cluster_id.clone();
    let mut last = None;
    while let Some(step) = op.next().await {
        last = Some(step.outcome.unwrap().status);
    }
    assert_eq!(last, Some(RequestStatus::Completed));
    assert_eq!(op.outcome().unwrap().cluster_id, id);

    let info = client.clusters().info(&id).await.unwrap();
    assert_eq!((info.status, info.name.as_deref()), (Some(ClusterStatus::Running), Some("train")));
    assert_eq!(info.instances.unwrap().len(), 3, "a jumphost and two workers");
    assert_eq!(client.clusters().list().await.unwrap().len(), 1);

    let done = client.clusters().operations(
        ListClusterOperations::new(&id)
            .request_type(RequestType::ClusterClaim)
            .status(RequestStatus::Completed),
    );
    assert_eq!(done.await.unwrap().operations.len(), 1);

    client.clusters().destroy(&id).await.unwrap().done().await.unwrap();
    assert!(client.clusters().list().await.unwrap().is_empty());
    assert!(client.clusters().info(&id).await.unwrap_err().is_not_found());
}

pub(crate) async fn a_cluster_goes_by_its_name<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let order = CreateCluster::new("1xH100").name("my run #2 / é".replace('/', "-"));
    client.clusters().create(order).await.unwrap().done().await.unwrap();
    let info = client.clusters().info("my run #2 - é").await.unwrap();
    assert_eq!(info.name.as_deref(), Some("my run #2 - é"));
    client
        .clusters()
        .edit(EditCluster::new("my run #2 - é").name("eval"))
        .await
        .unwrap()
        .done()
        .await
        .unwrap();
    assert_eq!(client.clusters().info("eval").await.unwrap().id, info.id);
}

pub(crate) async fn a_protected_cluster_stays<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let order = CreateCluster::new("1xH100").name("keep").deletion_protection(true);
    client.clusters().create(order).await.unwrap().done().await.unwrap();
    let error = client.clusters().destroy("keep").await.unwrap_err();
    assert!(error.is_conflict() && !error.may_have_been_applied(), "{error}");
    assert_eq!(world.emulator.with_engine(|e| e.cluster_count()), 1);
    client
        .clusters()
        .edit(EditCluster::new("keep").deletion_protection(false))
        .await
        .unwrap()
        .done()
        .await
        .unwrap();
    client.clusters().destroy("keep").await.unwrap().done().await.unwrap();
}

pub(crate) async fn an_empty_purse_buys_nothing<T: Transport + Clone>(world: &World<T>) {
    let poor = world.client_with(|b| b.token(BOB));
    let error = poor.clusters().create(CreateCluster::new("8xB200")).await.unwrap_err();
    assert!(error.is_out_of_funds() && !error.may_have_been_applied(), "{error}");
    assert_eq!(world.emulator.with_engine(|e| e.clusters_created()), 0);
}

pub(crate) async fn a_wrong_order_is_explained<T: Transport + Clone>(world: &World<T>) {
    let error = world.client().clusters().create(CreateCluster::new("9xH1000")).await.unwrap_err();
    assert!(error.is_invalid(), "{error}");
    let Error::Api(api) = &error else { panic!("{error}") };
    let issues: Vec<_> = ApiError::issues(api).iter().map(|issue| issue.location.as_str()).collect();
    assert_eq!(issues, ["body.instance_type"]);
    // What can be seen to be wrong is not even sent.
    let error = world.client().clusters().edit(EditCluster::new("c-1")).await.unwrap_err();
    assert!(matches!(error, Error::Build(_)), "{error}");
    assert_eq!(world.emulator.with_engine(|e| e.times_seen("cluster.edit")), 0);
}

pub(crate) async fn a_failed_order_is_an_error_with_the_engines_words<T: Transport + Clone>(
    world: &World<T>,
) {
    world.emulator.with_engine(|engine| engine.no_capacity());
    let op = world.client().clusters().create(CreateCluster::new("8xH100")).await.unwrap();
    let error = op.done().await.unwrap_err();
    let Error::Operation(operation) = &error else { panic!("{error}") };
    assert_eq!(operation.kind(), OperationErrorKind::Failed);
    assert!(error.server_message().unwrap().contains("capacity"), "{error}");
}

pub(crate) async fn a_wait_is_taken_up_by_another_client<T: Transport + Clone>(world: &World<T>) {
    let op = world.client().clusters().create(CreateCluster::new("1xH100")).await.unwrap();
    let saved = serde_json::to_string(op.handle()).unwrap();
    let id = op.into_response().cluster_id;

    let handle: OperationHandle = serde_json::from_str(&saved).unwrap();
    let another = world.client();
    another.resume(handle).unwrap().done().await.unwrap();
    assert_eq!(another.clusters().info(&id).await.unwrap().status, Some(ClusterStatus::Running));

    let unknown = OperationHandle::new("cluster.create", [RequestId::from("r-unknown")]);
    let error = another.resume(unknown).unwrap().done().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

pub(crate) async fn a_wait_that_is_dropped_goes_on_where_it_was<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let mut op = client.clusters().create(CreateCluster::new("1xH100")).await.unwrap();
    for _ in 0..20 {
        // A future that is polled once and dropped, with a question under way or not.
        let mut next = Box::pin(op.next());
        let once = std::future::poll_fn(|cx| {
            let _ = next.as_mut().poll(cx);
            std::task::Poll::Ready(())
        });
        once.await;
    }
    op.done().await.unwrap();
    assert_eq!(world.emulator.with_engine(|e| e.clusters_created()), 1);
}
