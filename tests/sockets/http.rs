//! HTTP gone wrong: which kind of failure each is, and that none is taken for "not sent" when it may have been.

use std::time::{Duration, Instant};

use tensorpool_client::Client;
use tensorpool_client::core::api::cluster::{CreateCluster, ListClusters};
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::{Endpoint, Error, TimeoutClass, TransportErrorKind};
use tokio::net::TcpListener;

use crate::adapter::{Adapter, Needs};
use crate::far::{Does, Far, ME, json};

crate::cases!(
    each_failure_has_its_kind,
    a_port_nobody_listens_on_is_not_sent,
    a_name_nobody_has_is_not_sent,
    a_body_over_the_cap_is_refused_and_never_cut,
    a_slow_answer_within_its_time_is_an_answer,
    a_redirect_is_an_answer_and_the_token_goes_nowhere,
    the_token_is_sent_once_and_well,
    ipv6_loopback_works,
    the_limit_holds_for_the_whole_answer,
    each_timeout_class_is_kept_to_the_second,
);

/// The failure of one `GET` and of one order at a far end that does this.
async fn failures(adapter: &Adapter, does: Does, needs: &Needs) -> [Error; 2] {
    let far = Far::start([does]).await;
    let client = adapter.client(&far.url(), needs);
    let errors =
        [send_quickly(&client, GetMe).await, send_quickly(&client, CreateCluster::new("1xH100")).await];
    assert!(!far.requests().is_empty(), "the far end was reached");
    errors
}

/// Sends over the client's transport with a limit that suits a test.
async fn send_quickly<E: Endpoint>(client: &Client, endpoint: E) -> Error {
    use tensorpool_client::Transport as _;
    use tensorpool_client::core::flow::{Action, Call, Flow as _, RetryBudget, RetryPolicy};
    let policy = RetryPolicy::none().deadline(Duration::from_millis(600));
    let mut call = Call::new(client.context(), endpoint, policy, RetryBudget::new(), 0).unwrap();
    while let Action::Send(out) = call.poll(client.transport().now()) {
        let outcome = client.transport().send(out.request, out.limit).await;
        call.handle(client.transport().now(), outcome.into());
    }
    call.finish().unwrap_err()
}

fn kind(error: &Error) -> TransportErrorKind {
    match error {
        Error::Transport(error) => error.kind(),
        Error::Exhausted(exhausted) => kind(exhausted.last().unwrap()),
        other => panic!("not a transport error: {other}"),
    }
}

async fn each_failure_has_its_kind(adapter: &Adapter) {
    use TransportErrorKind::{Interrupted, Other, TimedOut};
    let answer = json(200, ME);
    let (half_head, half_body) = (answer[..20].to_vec(), answer[..answer.len() - 5].to_vec());
    for (what, does, expected) in [
        ("no answer", Does::WritesAndStalls(vec![]), TimedOut),
        ("half a head, then nothing", Does::WritesAndStalls(half_head.clone()), TimedOut),
        ("half a body, then nothing", Does::WritesAndStalls(half_body.clone()), TimedOut),
        ("closed without an answer", Does::WritesAndCloses(vec![]), Interrupted),
        ("half a head, then closed", Does::WritesAndCloses(half_head), Interrupted),
        ("half a body, then closed", Does::WritesAndCloses(half_body), Interrupted),
        ("reset", Does::Resets, Interrupted),
        ("not HTTP", Does::WritesAndCloses(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()), Other),
    ] {
        let [get, order] = failures(adapter, does, &Needs::default()).await;
        assert_eq!((kind(&get), kind(&order)), (expected, expected), "{what}: {get}");
        assert!(order.may_have_been_applied(), "{what}: {order}");
        assert!(!get.may_have_been_applied(), "{what}: {get}");
        assert!(!format!("{order} {order:?}").contains("tp-token"), "{order:?}");
    }
}

fn assert_not_sent(error: &Error) {
    assert_eq!(kind(error), TransportErrorKind::NotSent, "{error}");
    assert!(!error.may_have_been_applied(), "{error}");
    assert!(std::error::Error::source(error).is_some(), "the transport's own error is kept");
}

async fn a_port_nobody_listens_on_is_not_sent(adapter: &Adapter) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = adapter.client(&url, &Needs::default());
    assert_not_sent(&client.send(CreateCluster::new("1xH100")).await.unwrap_err());
}

async fn a_name_nobody_has_is_not_sent(adapter: &Adapter) {
    let client = adapter.client("https://nobody.invalid", &Needs::default());
    assert_not_sent(&client.send(CreateCluster::new("1xH100")).await.unwrap_err());
}

async fn a_body_over_the_cap_is_refused_and_never_cut(adapter: &Adapter) {
    let body = format!(r#"{{"email":"{}"}}"#, "a".repeat(5_000));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    for answer in [json(200, &body), chunked.into_bytes()] {
        let far = Far::start([Does::Writes(answer)]).await;
        let client = adapter.client(&far.url(), &Needs::default().max_body(1_000));
        let error = client.send(GetMe).await.unwrap_err();
        assert_eq!(kind(&error), TransportErrorKind::Other);
        assert!(error.to_string().contains("longer than 1000 bytes"), "{error}");
        let client = adapter.client(&far.url(), &Needs::default().max_body(10_000));
        assert_eq!(client.send(GetMe).await.unwrap().email.unwrap().len(), 5_000);
    }
}

async fn a_slow_answer_within_its_time_is_an_answer(adapter: &Adapter) {
    let far = Far::start([Does::Trickles(json(200, ME), Duration::from_millis(3))]).await;
    let client = adapter.client(&far.url(), &Needs::default());
    assert_eq!(client.send(GetMe).await.unwrap().email.unwrap(), "ada@example.com");
}

async fn the_limit_holds_for_the_whole_answer(adapter: &Adapter) {
    // Each byte comes soon after the other; all of them take longer than the limit.
    let started = Instant::now();
    let [get, _] =
        failures(adapter, Does::Trickles(json(200, ME), Duration::from_millis(50)), &Needs::default()).await;
    assert_eq!(kind(&get), TransportErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(3), "two limits of 0.6 s, and no more");
}

async fn a_redirect_is_an_answer_and_the_token_goes_nowhere(adapter: &Adapter) {
    let elsewhere = Far::start([Does::Writes(json(200, ME))]).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect =
            format!("HTTP/1.1 {status} X\r\nlocation: {}/me\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
        let far = Far::start([Does::Writes(redirect.into_bytes())]).await;
        let client = adapter.client(&far.url(), &Needs::default());
        let error = client.send(GetMe).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

async fn the_token_is_sent_once_and_well(adapter: &Adapter) {
    let far = Far::start([Does::Writes(json(200, ME))]).await;
    adapter.client(&far.url(), &Needs::default()).send(GetMe).await.unwrap();
    let head = far.requests().pop().unwrap();
    let tokens: Vec<_> = head.lines().filter(|line| line.contains("tp-token")).collect();
    assert_eq!(tokens, ["authorization: Bearer tp-token"], "{head}");
    assert!(head.starts_with("GET /me HTTP/1.1"), "{head}");
}

async fn ipv6_loopback_works(adapter: &Adapter) {
    let far = Far::start_at("[::1]:0", [Does::Writes(json(200, ME))]).await;
    let client = adapter.client(&far.url(), &Needs::default());
    client.send(GetMe).await.unwrap();
    assert!(far.requests()[0].contains("host: [::1]:"));
}

async fn each_timeout_class_is_kept_to_the_second(adapter: &Adapter) {
    let stall = Does::WritesAndStalls(vec![]);
    let warm = Does::Writes(json(200, ME));
    for (class, stalled) in
        [(TimeoutClass::Quick, 15), (TimeoutClass::Standard, 30), (TimeoutClass::Slow, 60)]
    {
        let far = Far::start([warm.clone(), stall.clone()]).await;
        let client = adapter.client(&far.url(), &Needs::default());
        client.send(GetMe).await.unwrap();
        // With a connection at hand only the limit's own timer is left to wait for, and the clock may jump to it.
        tokio::time::pause();
        let started = tokio::time::Instant::now();
        let error = match class {
            TimeoutClass::Quick => client.send(GetMe).await.unwrap_err(),
            TimeoutClass::Standard => client.send(ListClusters::new()).await.unwrap_err(),
            TimeoutClass::Slow => client.send(CreateCluster::new("1xH100")).await.unwrap_err(),
        };
        let waited = started.elapsed();
        tokio::time::resume();
        assert_eq!(kind(&error), TransportErrorKind::TimedOut, "{class:?}: {error}");
        assert_eq!(waited.as_secs(), stalled, "{class:?}");
    }
}
