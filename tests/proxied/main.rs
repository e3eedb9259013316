//! A proxy in the environment, as on a company's machine, is not asked for an engine on this machine: it could not reach
//! it, and would be told the token.
//!
//! The environment belongs to a whole process, so the test starts itself again with that of such a machine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::{Client, FromOptions, Transport};
use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

/// All the names under which programs look for a proxy.
const NAMES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Set in the process that has a proxy: which adapter it is to use.
const ADAPTER: &str = "TP_PROXIED_ADAPTER";
/// A name nobody has, so that only a proxy can be asked for it.
const ELSEWHERE: &str = "http://elsewhere.invalid/control";

#[test]
fn reqwest_does_not_ask_a_proxy_for_this_machine() {
    on_such_a_machine::<ReqwestTransport>("reqwest", "reqwest_does_not_ask_a_proxy_for_this_machine");
}

#[test]
fn hyper_does_not_ask_a_proxy_for_this_machine() {
    on_such_a_machine::<HyperTransport>("hyper", "hyper_does_not_ask_a_proxy_for_this_machine");
}

/// Runs `test` once more, in a process with a proxy, and looks at what the proxy was asked.
fn on_such_a_machine<T: Transport + FromOptions>(adapter: &str, test: &str) {
    if std::env::var(ADAPTER).as_deref() == Ok(adapter) {
        return work::<T>();
    }
    let (url, asked) = recording_proxy();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([test, "--exact", "--nocapture"]).env(ADAPTER, adapter);
    again.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    let output = again.envs(NAMES.map(|name| (name, &url))).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    let asked = asked.lock().unwrap().clone();
    assert!(output.status.success(), "asked the proxy {asked:?}\n{said}\n{cried}");
    assert!(said.contains("1 passed"), "the calls were made\n{said}");
    assert_eq!(
        asked,
        [format!("GET {ELSEWHERE} HTTP/1.1")],
        "nothing but what proves that it would have been asked"
    );
}

/// What a user does, in a process that has a proxy.
fn work<T: Transport + FromOptions>() {
    assert!(NAMES.iter().all(|name| std::env::var(name).is_ok()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let control = reqwest::get(ELSEWHERE).await.unwrap();
        assert_eq!(control.status(), 502, "the proxy answers for whoever asks it");

        let emulator = Emulator::new(Config::single_user("tp-token").unwrap());
        let bound = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(bound, emulator.clone(), ServerOptions::default()).await.unwrap();
        for host in ["127.0.0.1", "localhost"] {
            let url = server.url().replace("127.0.0.1", host);
            let client: Client<T> = Client::builder().token("tp-token").base_url(url).build().unwrap();
            assert_eq!(client.account().me().await.unwrap().email.as_deref(), Some("ada@example.com"));
            drop(client.clusters().create(CreateCluster::new("1xH100")).await.unwrap());
        }
        assert_eq!(emulator.with_engine(|engine| engine.clusters_created()), 2);
    });
}

/// A proxy that writes down what it is asked, and answers everything with 502. Its URL, and what it was asked.
fn recording_proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let writing = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut head = BufReader::new(&stream).lines();
            if let Some(Ok(first)) = head.next() {
                writing.lock().unwrap().push(first);
            }
            // To the end of the head, so that closing is no reset.
            while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let answer = b"HTTP/1.1 502 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            drop(stream.write_all(answer));
        }
    });
    (url, asked)
}
