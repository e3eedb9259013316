//! A reqwest client of the user's own that follows redirects, which [`ReqwestTransport::configure`] would have switched
//! off: it is found out, after the fact.

use tensorpool_client::Client;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::core::{Error, TransportErrorKind};
use tensorpool_reqwest::ReqwestTransport;

use crate::far::{Does, Far, ME, json};

const CREATED: &str = r#"{"cluster_id":"c-7","request_id":"r-7","message":"created"}"#;

fn client(url: &str) -> Client<ReqwestTransport> {
    let follows = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(3)).no_proxy();
    let builder = Client::builder().token("tp-token").base_url(url).retry(RetryPolicy::default());
    builder.build_with(ReqwestTransport::from(follows.build().unwrap())).unwrap()
}

/// A server that sends everybody on to `to`.
async fn sends_on(status: u16, to: &str) -> Far {
    let answer = format!("HTTP/1.1 {status} X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    Far::start([Does::Writes(answer.into_bytes())]).await
}

fn assert_found_out(error: &Error, may_have_been_applied: bool) {
    let Error::Transport(sent) = error else { panic!("{error}") };
    assert_eq!(sent.kind(), TransportErrorKind::Other, "{error}");
    assert!(error.to_string().contains("followed a redirect"), "{error}");
    assert!(error.to_string().contains("redirect::Policy::none()"), "it says what to do: {error}");
    assert_eq!(error.may_have_been_applied(), may_have_been_applied, "{error}");
}

#[tokio::test]
async fn an_order_that_was_redirected_may_have_been_applied_and_is_not_made_again() {
    // 302 and 303 turn the order into a question, 307 and 308 repeat it; of none is the answer one to the order.
    for (status, method) in [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let elsewhere = Far::start([Does::Writes(json(202, CREATED))]).await;
        let far = sends_on(status, &format!("{}/elsewhere", elsewhere.url())).await;
        let client = client(&far.url());
        let error = client.send(CreateCluster::new("1xH100")).await.unwrap_err();
        assert_found_out(&error, true);
        let (first, second) = (far.requests(), elsewhere.requests());
        assert_eq!(
            (first.len(), second.len()),
            (1, 1),
            "{status}: once, and once more where it was sent on to"
        );
        assert!(second[0].starts_with(&format!("{method} /elsewhere")), "{status}: {}", second[0]);
        assert!(first[0].contains("tp-token") && !second[0].contains("tp-token"), "{status}: {}", second[0]);
    }
}

#[tokio::test]
async fn a_question_that_was_redirected_has_no_answer() {
    let far = Far::start([
        Does::Writes(b"HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec()),
        Does::Writes(json(200, ME)),
    ])
    .await;
    let client = client(&far.url());
    assert_found_out(&client.send(GetMe).await.unwrap_err(), false);
    assert_eq!(far.requests().len(), 2);
}

#[tokio::test]
async fn a_client_that_only_could_follow_is_as_good_as_any() {
    let far = Far::start([Does::Writes(json(200, ME))]).await;
    client(&far.url()).send(GetMe).await.unwrap();
    assert_eq!(far.requests().len(), 1);
}
