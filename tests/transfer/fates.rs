//! Every fate of a file, and what leads to it, as transcripts in imagined time.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tensorpool_client::core::flow::RetryBudget;
use tensorpool_client::core::http::Request;
use tensorpool_client::core::transfer::{Existing, TransferPolicy};
use tensorpool_client::core::{Bytes, TransportError};
use tensorpool_client::download::{Download, Fate, Pulled};

use crate::host::{Answer, Host, Step, assert_transcript, bytes, simple, store, tree};

const TAG: &str = "\"v1\"";

/// A proper store with one file of 30 bytes.
fn good(name: &str) -> Host {
    Host::new(&[name], |_, request| store(&bytes(30), TAG, request))
}

#[test]
fn an_existing_file_is_skipped_if_it_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), bytes(30)).unwrap();
    assert_transcript!("fate_skipped", good("a").transcript(dir.path(), simple(dir.path())));
}

#[test]
fn an_existing_file_of_other_bytes_is_left_alone() {
    for (name, other) in [("fate_differs", vec![0; 30]), ("fate_differs_in_length", vec![0; 31])] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), &other).unwrap();
        assert_transcript!(name, good("a").transcript(dir.path(), simple(dir.path())));
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), other);
    }
}

#[test]
fn an_existing_file_is_refused_without_a_request() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "mine").unwrap();
    let host = good("a");
    assert_transcript!(
        "fate_exists",
        host.transcript(dir.path(), simple(dir.path()).existing(Existing::Refuse))
    );
    assert_eq!((host.requests(), std::fs::read_to_string(dir.path().join("a")).unwrap()), (0, "mine".into()));
}

#[test]
fn a_file_that_appears_under_way_is_not_overwritten() {
    for existing in [Existing::Refuse, Existing::SkipIfIdentical] {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a");
        let appears = place.clone();
        let host = Host::new(&["a"], move |_, request| {
            std::fs::write(&appears, "mine").unwrap();
            store(&bytes(30), TAG, request)
        });
        let report = host.run(simple(dir.path()).existing(existing));
        assert!(matches!(report.files[0].fate, Fate::Refused(_)), "{report:?}");
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "mine");
        assert_eq!(tree(dir.path()).len(), 1, "nothing else is left");
    }
}

#[test]
fn an_existing_file_is_overwritten_at_once_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("a");
    std::fs::write(&place, "mine").unwrap();
    let watched = place.clone();
    let host = Host::new(&["a"], move |_, request| {
        assert_eq!(
            std::fs::read_to_string(&watched).unwrap(),
            "mine",
            "it is there until the new one is whole"
        );
        store(&bytes(100), TAG, request)
    });
    let overwrite = simple(dir.path()).existing(Existing::Overwrite);
    assert_transcript!("fate_overwritten", host.transcript(dir.path(), overwrite));
    assert_eq!(std::fs::read(&place).unwrap(), bytes(100));
}

#[test]
fn a_directory_is_never_replaced() {
    for existing in [Existing::Overwrite, Existing::SkipIfIdentical, Existing::Refuse] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        let report = good("a").run(simple(dir.path()).existing(existing));
        assert!(!report.is_complete() && dir.path().join("a").is_dir(), "{report:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "a file where a directory should be").unwrap();
    assert_transcript!("fate_blocked", good("a/b").transcript(dir.path(), simple(dir.path())));
}

#[test]
fn a_bad_name_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["../escaped", "/etc/passwd", "fine.txt", "FINE.txt", "sub/also fine.txt", "C:\\evil"];
    let host = Host::new(&names, |_, request| store(&bytes(30), TAG, request));
    assert_transcript!("fate_refused_names", host.transcript(dir.path(), simple(dir.path())));
}

#[test]
fn a_file_without_a_good_url_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let map = serde_json::json!({ "message": "ok", "download_map": {
        "a-null": null,
        "b-plain": "http://files.example/b?signature=canary",
        "c-no-url": "canary not a url",
        "d-password": "https://user:canary@files.example/d",
        "e-file": "file:///etc/passwd?canary",
        "f-ftp": "ftp://files.example/canary",
        "g-good": "https://files.example/g?signature=canary",
        "h-loopback": "http://127.0.0.1:9/h?signature=canary",
    }});
    let host = Host::with_map(move |_| map.to_string(), |_, request| store(&bytes(30), TAG, request));
    assert_transcript!("fate_bad_urls", host.transcript(dir.path(), simple(dir.path())));
}

#[test]
fn an_expired_url_is_replaced_by_a_fresh_one() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a", "b"], |_, request| {
        let fresh = request.uri().query() == Some("signature=canary-1");
        if fresh || request.uri().path() == "/0" && !request.headers().contains_key("if-range") {
            store(&bytes(60), TAG, request)
        } else {
            Answer::new(403, &[], "<Error><Code>AccessDenied</Code></Error>")
        }
    });
    assert_transcript!("fate_expired_refreshed", host.transcript(dir.path(), simple(dir.path())));
    assert_eq!(host.pulls(), 2, "one fresh map is enough for both");
}

#[test]
fn a_url_that_is_refused_fresh_fails_and_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a", "b"], |_, request| match request.uri().path() {
        "/0" => Answer::new(403, &[], ""),
        _ => store(&bytes(30), TAG, request),
    });
    assert_transcript!("fate_expired", host.transcript(dir.path(), simple(dir.path())));
    assert_eq!(host.pulls(), 2);
}

#[test]
fn fresh_urls_that_cannot_be_had_fail_what_needs_them() {
    for (name, second) in [
        ("fate_refresh_gone", r#"{"message":"gone","download_map":{}}"#),
        ("fate_refresh_unreadable", "<html>"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let first = r#"{"message":"ok","download_map":{"a":"https://files.example/0?canary"}}"#;
        let host = Host::with_map(
            move |pull| if pull == 0 { first.to_owned() } else { second.to_owned() },
            |_, _| Answer::new(401, &[], ""),
        );
        assert_transcript!(name, host.transcript(dir.path(), simple(dir.path())));
    }
}

#[test]
fn a_host_that_stalls_is_left_within_its_grace() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a"], |number, request| match number {
        // In the middle of the body, before the head, and at the beginning of the body.
        0 => store(&bytes(100), TAG, request).cut(10, Some(Step::Stall)),
        1 => store(&bytes(100), TAG, request).after(Duration::from_secs(3600)),
        2 => store(&bytes(100), TAG, request).cut(0, Some(Step::Stall)),
        _ => store(&bytes(100), TAG, request),
    });
    assert_transcript!("fate_stalled_and_recovered", host.transcript(dir.path(), simple(dir.path())));
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), bytes(100));

    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a"], |_, request| store(&bytes(30), TAG, request).cut(0, Some(Step::Stall)));
    assert_transcript!("fate_stalled", host.transcript(dir.path(), simple(dir.path())));
}

#[test]
fn a_slow_host_is_not_a_stalled_one() {
    // Long thought, then a byte every 19 s, then 15 s before the end.
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a"], |_, request| {
        store(&bytes(40), TAG, request).after(Duration::from_secs(29)).trickle(1, Duration::from_secs(19))
    });
    let report = host.run(simple(dir.path()));
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(host.requests(), 1, "it was never asked again");
    assert_eq!(host.clock.now().elapsed().as_secs(), 29 + 40 * 19);
}

#[test]
fn a_slow_consumer_is_no_stall() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a", "b", "c"], |_, request| {
        store(&bytes(90), TAG, request).trickle(10, Duration::from_secs(1))
    });
    let mut policy = TransferPolicy::default();
    policy.part = 40;
    let report = smol::block_on(async {
        let mut files = host.begin(Download::into(dir.path()).policy(policy)).await;
        let mut shown = 0;
        while files.next().await.is_some() {
            shown += 1;
            // Somebody reads each line for a quarter of an hour.
            host.clock.advance(Duration::from_secs(900));
        }
        assert!(shown > 10);
        files.report()
    });
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(host.requests(), 9, "nothing was fetched twice");
}

#[test]
fn retries_end_when_the_shared_budget_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..60).map(|n| format!("{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let host = Host::new(&names, |_, _| Answer::fails(TransportError::interrupted("connection reset")));
    let report = host.run(simple(dir.path()));
    let budget = report.missing().filter(|f| f.fate.to_string().contains("budget is empty")).count();
    assert!(budget > 20 && report.missing().count() == 60, "{budget}");
    // 60 first attempts and the 100 retries of a full budget; without it there would be 240.
    assert_eq!(host.requests(), 160);
}

#[test]
fn each_byte_of_progress_counts_but_not_the_same_bytes_again() {
    // A host without tags that always cuts after most of the file: it must not go on for ever.
    let dir = tempfile::tempdir().unwrap();
    let data = bytes(300_000);
    let host = Host::new(&["a"], move |_, _| {
        Answer::new(200, &[("content-length", "300000")], data.clone()).cut(200_000, Some(Step::Reset))
    });
    let report = host.run(simple(dir.path()));
    assert!(matches!(report.files[0].fate, Fate::Failed(_)));
    assert!(host.requests() <= 8, "{} requests", host.requests());
    assert!(tree(dir.path()).is_empty(), "what cannot be resumed is not kept");

    // One with tags that gives 64 KiB each time gets there, however often it cuts.
    let dir = tempfile::tempdir().unwrap();
    let data = bytes(3_000_000);
    let served = data.clone();
    let host =
        Host::new(&["a"], move |_, request| store(&served, TAG, request).cut(65_536, Some(Step::Reset)));
    let report = host.run(Download::into(dir.path()));
    assert!(report.is_complete() && host.requests() >= 45, "{report:?}");
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), data);
}

#[test]
fn a_command_comes_out_judged() {
    let dir = tempfile::tempdir().unwrap();
    let pull = |answer: serde_json::Value| {
        let host = Host::with_map(move |_| answer.to_string(), |_, request| store(&bytes(9), TAG, request));
        let client = host.client();
        smol::block_on(client.jobs().download("j-1", Download::into(dir.path()))).unwrap()
    };
    let command = "rsync -a x@h:/out/ ./; rm -rf ~";
    match pull(serde_json::json!({ "message": "live", "command": command, "command_show_stdout": true })) {
        Pulled::Command(given) => {
            assert_eq!((given.text(), given.show_stdout()), (command, true));
            assert!(given.judged().unwrap_err().to_string().contains(';'), "{given:?}");
        }
        _ => panic!("a command"),
    }
    match pull(serde_json::json!({ "message": "both", "command": command,
        "download_map": { "a": "https://files.example/a" } }))
    {
        Pulled::Files(files) => {
            let given = files.command().expect("nothing is lost");
            assert_eq!((given.text(), given.show_stdout()), (command, false));
        }
        _ => panic!("files"),
    }
    match pull(serde_json::json!({ "message": "No changed files to pull", "download_map": {} })) {
        Pulled::Files(files) => {
            let report = smol::block_on(files.done());
            assert!(report.is_complete() && report.files.is_empty());
        }
        _ => panic!("no files"),
    }
    assert!(tree(dir.path()).is_empty());
}

#[test]
fn many_lanes_bring_one_big_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = bytes(1_000_000);
    let served = data.clone();
    let host = Host::new(&["big"], move |_, request| {
        store(&served, TAG, request).trickle(10_000, Duration::from_millis(100))
    });
    let mut policy = TransferPolicy::default();
    policy.part = 50_000;
    let report = host.run(Download::into(dir.path()).policy(policy));
    assert!(report.is_complete() && report.bytes() == 1_000_000, "{report:?}");
    assert_eq!(std::fs::read(dir.path().join("big")).unwrap(), data);
    // 20 parts of half a second each: one to learn that there are parts, and the others eight at a time.
    let took = host.clock.now().elapsed();
    assert!(took < Duration::from_millis(500 * 4 + 200), "{took:?}");
    assert_eq!(host.requests(), 20);
}

/// A file in nine parts, so that eight lanes fetch what is left after the first answer.
fn lanes(dir: &std::path::Path) -> Download {
    let mut policy = TransferPolicy::default();
    policy.part = 1_000;
    Download::into(dir).policy(policy)
}

#[test]
fn lanes_that_fail_together_are_one_attempt() {
    // The network goes away under all eight lanes, at once or one after the other while the file waits.
    for apart in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(1)] {
        let dir = tempfile::tempdir().unwrap();
        let data = bytes(9_000);
        let served = data.clone();
        let host = Host::new(&["a"], move |number, request| {
            let mut answer = store(&served, TAG, request);
            if (1..=8).contains(&number) {
                let wait = Duration::from_secs(1) + apart * u32::try_from(number).unwrap();
                answer.body = vec![Step::Wait(wait), Step::Reset];
            }
            answer
        });
        let transcript = host.transcript(dir.path(), lanes(dir.path()));
        assert_eq!(transcript.matches("; again in").count(), 1, "{transcript}");
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), data, "{transcript}");
        assert_eq!(host.requests(), 1 + 8 + 8, "{transcript}");
    }
}

#[test]
fn a_host_that_stays_dead_ends_after_the_attempts_of_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["a"], |number, request| {
        let answer = store(&bytes(9_000), TAG, request);
        if number == 0 { answer } else { answer.cut(0, Some(Step::Reset)) }
    });
    let transcript = host.transcript(dir.path(), lanes(dir.path()));
    assert_eq!(transcript.matches("; again in").count(), 3, "{transcript}");
    assert!(transcript.contains("FATE \"a\": failed: the fetch"), "{transcript}");
    assert!(transcript.contains("4 attempts"), "{transcript}");
    // The last attempt ends with the first of its lanes that fails.
    assert!(host.requests() <= 1 + 4 * 8, "{transcript}");
}

#[test]
fn lanes_that_fail_together_draw_one_retry() {
    let dir = tempfile::tempdir().unwrap();
    let budget = Arc::new(OnceLock::<RetryBudget>::new());
    let (seen, left) = (Arc::clone(&budget), Arc::new(Mutex::new(Vec::new())));
    let watched = Arc::clone(&left);
    let host = Host::new(&["a"], move |number, request| {
        watched.lock().unwrap().push(seen.get().unwrap().retries_left());
        let answer = store(&bytes(9_000), TAG, request);
        if (1..=8).contains(&number) { answer.cut(0, Some(Step::Reset)) } else { answer }
    });
    let client = host.client();
    budget.set(client.retry_budget().clone()).unwrap();
    let mut policy = TransferPolicy::default();
    (policy.part, policy.retry) = (1_000, policy.retry.attempts(20));
    let download = Download::into(dir.path()).policy(policy);
    let report = smol::block_on(async {
        match client.jobs().download("j-1", download).await.unwrap() {
            Pulled::Files(files) => files.done().await,
            _ => panic!("files"),
        }
    });
    assert!(report.is_complete(), "{report:?}");
    let left = left.lock().unwrap();
    assert_eq!(left.iter().min(), Some(&99), "one retry is drawn for all of them: {left:?}");
    assert_eq!(client.retry_budget().retries_left(), 100, "and given back");
}

#[test]
fn bytes_of_one_file_never_come_from_two_versions() {
    // The file changes while eight lanes fetch it.
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (bytes(400_000), Bytes::from(vec![7; 400_000]));
    let (first, second) = (old, new.clone());
    let host = Host::new(&["a"], move |number, request| {
        let (data, tag) = if number < 6 { (&first, "\"v1\"") } else { (&second, "\"v2\"") };
        // It does not know `If-Range` either: only the tag of the answer tells.
        let mut plain = Request::new(Bytes::new());
        plain.headers_mut().extend(request.headers().clone());
        plain.headers_mut().remove("if-range");
        store(data, tag, &plain).trickle(5_000, Duration::from_millis(50))
    });
    let mut policy = TransferPolicy::default();
    policy.part = 50_000;
    let report = host.run(Download::into(dir.path()).policy(policy));
    assert!(report.is_complete(), "{report:?}");
    assert!(std::fs::read(dir.path().join("a")).unwrap() == new);
}
