//! A client as everybody gets it, with no word about trust, at a server for which no authority the platform knows speaks.

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::core::{Error, TransportErrorKind};
use tensorpool_client::{Client, FromOptions, Transport, TransportOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

use crate::tls::site;

/// The handshake begins, and nothing of the request follows it.
async fn assert_trusts_no_stranger<T: Transport + FromOptions>() {
    let site = site("localhost", 2090).await;
    let transport = T::from_options(&TransportOptions::default()).unwrap();
    let builder = Client::builder().token("tp-token").base_url(site.url()).retry(RetryPolicy::none());
    let client = builder.build_with(transport).unwrap();
    let errors =
        [client.send(GetMe).await.unwrap_err(), client.send(CreateCluster::new("1xH100")).await.unwrap_err()];
    for error in errors {
        let Error::Transport(sent) = &error else { panic!("{error}") };
        assert_eq!(sent.kind(), TransportErrorKind::NotSent, "{error}");
        assert!(!error.may_have_been_applied(), "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert_eq!(site.far.connections(), 2, "the server was reached");
    assert_eq!(site.far.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn reqwest_by_default_trusts_no_stranger() {
    assert_trusts_no_stranger::<ReqwestTransport>().await;
}

#[tokio::test]
async fn hyper_by_default_trusts_no_stranger() {
    assert_trusts_no_stranger::<HyperTransport>().await;
}
