//! One span for each attempt, in virtual time, so that each field is exact.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use tensorpool_client::Client;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_emulator::{Config, EmulatorTransport, Fault, Rule};

use crate::recorder::Recorder;

fn engine() -> EmulatorTransport {
    EmulatorTransport::new(Config::single_user("tp-1").unwrap())
}

fn client(transport: &EmulatorTransport) -> Client<EmulatorTransport> {
    Client::with_transport(transport.clone(), "tp-1").unwrap()
}

fn run<F: Future>(future: F) -> F::Output {
    smol::block_on(future)
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> BTreeMap<String, String> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn each_attempt_has_a_span_that_says_what_became_of_it() {
    let transport = engine();
    let script = transport.script().clone();
    let refused = script.add(Rule::on("cluster.list", Fault::NotSent));
    let busy = script.add(Rule::on("cluster.list", Fault::status(503)));
    let late = script.add(Rule::on("cluster.list", Fault::Delay(Duration::from_millis(1_500))));
    let client = client(&transport);
    let recorder = Recorder::of(|| drop(run(client.clusters().list()).unwrap()));
    assert_eq!([refused, busy, late].map(|rule| rule.fired()), [1, 1, 1]);

    let always = fields([
        ("endpoint", "cluster.list"),
        ("http.request.method", "GET"),
        ("url.template", "/cluster/list"),
    ]);
    let each = [
        fields([("http.request.resend_count", "0"), ("error.type", "NotSent"), ("elapsed_ms", "0")]),
        fields([
            ("http.request.resend_count", "1"),
            ("http.response.status_code", "503"),
            ("elapsed_ms", "0"),
        ]),
        fields([
            ("http.request.resend_count", "2"),
            ("http.response.status_code", "200"),
            ("elapsed_ms", "1500"),
        ]),
    ];
    let expected: Vec<_> =
        each.into_iter().map(|own| always.clone().into_iter().chain(own).collect()).collect();
    assert_eq!(recorder.attempts(), expected);
    assert_eq!((recorder.spans(), recorder.events()), (3, 0), "nothing else is written");
}

#[test]
fn an_attempt_without_an_answer_says_how_it_failed_and_how_long_it_took() {
    for (fault, kind, elapsed) in
        [(Fault::StallAfter, "TimedOut", "60000"), (Fault::CutAfter, "Interrupted", "0")]
    {
        let transport = engine();
        transport.script().add(Rule::on("cluster.create", fault));
        let client = client(&transport);
        let create = CreateCluster::new("1xH100");
        let recorder = Recorder::of(|| drop(run(client.clusters().create(create)).unwrap_err()));
        let [attempt] = &recorder.attempts()[..] else { panic!("{recorder:?}") };
        assert_eq!((attempt["error.type"].as_str(), attempt["elapsed_ms"].as_str()), (kind, elapsed));
        assert!(!attempt.contains_key("http.response.status_code"));
    }
}

#[test]
fn a_path_is_told_as_a_template_and_a_refusal_by_its_status() {
    let transport = engine();
    let client = client(&transport);
    let recorder = Recorder::of(|| drop(run(client.clusters().info("c-canary")).unwrap_err()));
    let [attempt] = &recorder.attempts()[..] else { panic!("{recorder:?}") };
    assert_eq!(attempt["url.template"], "/cluster/info/{cluster}");
    assert_eq!(attempt["http.response.status_code"], "404");
    assert!(!recorder.text().contains("c-canary"));
}

#[test]
fn a_wait_has_a_span_for_each_question() {
    let transport = engine();
    let client = client(&transport);
    let recorder = Recorder::of(|| {
        drop(
            run(async { client.clusters().create(CreateCluster::new("1xH100")).await?.done().await })
                .unwrap(),
        );
    });
    let attempts = recorder.attempts();
    let seen = transport.emulator().with_engine(|engine| engine.times_seen("request.info"));
    let asked = attempts.iter().filter(|attempt| attempt["endpoint"] == "request.info").count();
    assert!(seen > 1 && asked as u64 == seen && attempts.len() == asked + 1, "{seen} {asked}");
}

#[test]
fn a_call_that_is_given_up_has_as_many_spans_as_attempts() {
    let transport = engine();
    let rule = transport.script().add(Rule::on("user.me", Fault::status(502)).always());
    let retry = RetryPolicy::default().attempts(7);
    let client = Client::builder().token("tp-1").retry(retry).build_with(transport.clone()).unwrap();
    let recorder = Recorder::of(|| drop(run(client.account().me()).unwrap_err()));
    let counts: Vec<_> =
        recorder.attempts().iter().map(|attempt| attempt["http.request.resend_count"].clone()).collect();
    assert_eq!(counts, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(rule.fired(), 7);
}

#[test]
fn a_question_asked_anew_is_not_one_sent_again() {
    let transport = engine();
    let client = client(&transport);
    // The third question of the wait meets a 503, so that only the fourth is the same one once more.
    let busy = transport.script().add(Rule::on("request.info", Fault::status(503)).skip(2));
    let recorder = Recorder::of(|| {
        drop(
            run(async { client.clusters().create(CreateCluster::new("1xH100")).await?.done().await })
                .unwrap(),
        );
    });
    assert_eq!(busy.fired(), 1);
    let attempts = recorder.attempts();
    let asked: Vec<_> = attempts.iter().filter(|attempt| attempt["endpoint"] == "request.info").collect();
    let again: Vec<_> = asked.iter().map(|attempt| attempt["http.request.resend_count"].as_str()).collect();
    assert_eq!(again[..5], ["0", "0", "0", "1", "0"], "{asked:?}");
}
