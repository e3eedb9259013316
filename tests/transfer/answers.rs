//! What a host may answer to a range, legal or not: the right file or a typed error, never a wrong file.

use tensorpool_client::core::http::Request;
use tensorpool_client::core::transfer::TransferPolicy;
use tensorpool_client::core::{Bytes, TransportError};
use tensorpool_client::download::Download;

use crate::host::{Answer, Host, Step, assert_transcript, bytes, simple, store};

const TAG: &str = "\"v1\"";

/// The transcript of one file of 100 bytes in parts of 40, and whether it arrived. Where a fate is good the bytes are right, and
/// where it is not there is no file.
fn case(name: &str, mut serve: impl FnMut(usize, &Request<Bytes>, &Bytes) -> Answer + Send + 'static) {
    let dir = tempfile::tempdir().unwrap();
    let data = bytes(100);
    let served = data.clone();
    let host = Host::new(&["out/model.pt"], move |number, request| serve(number, request, &served));
    let transcript = host.transcript(dir.path(), simple(dir.path()));
    let there = std::fs::read(dir.path().join("out/model.pt")).ok();
    assert_eq!(there.is_some(), transcript.contains(": complete"), "{transcript}");
    assert!(there.is_none_or(|there| there == data), "wrong bytes:\n{transcript}");
    assert_transcript!(name, transcript);
}

/// `odd` once, as the answer to request `number`; else a proper store.
fn once(
    number: usize,
    odd: impl Fn(&Request<Bytes>, &Bytes) -> Answer + Send + 'static,
) -> impl FnMut(usize, &Request<Bytes>, &Bytes) -> Answer + Send + 'static {
    move |at, request, data| if at == number { odd(request, data) } else { store(data, TAG, request) }
}

fn whole(data: &Bytes, etag: &str) -> Answer {
    Answer::new(200, &[("etag", etag)], data.clone()).header("content-length", &data.len().to_string())
}

#[test]
fn parts() {
    case("answer_206", |_, request, data| store(data, TAG, request));
}

#[test]
fn a_200_to_a_range_is_the_whole_file() {
    case("answer_200", |_, _, data| whole(data, TAG));
    case("answer_200_in_the_middle", once(1, |_, data| whole(data, TAG)));
}

#[test]
fn a_206_that_begins_early_is_cut() {
    case(
        "answer_206_early",
        once(1, |_, data| {
            Answer::new(206, &[("etag", TAG), ("content-range", "bytes 30-79/100")], data.slice(30..80))
        }),
    );
}

#[test]
fn a_206_that_begins_late_leaves_no_gap() {
    case(
        "answer_206_late",
        once(1, |_, data| {
            Answer::new(206, &[("etag", TAG), ("content-range", "bytes 50-79/100")], data.slice(50..80))
        }),
    );
    case("answer_206_always_late", |_, _, data| {
        Answer::new(206, &[("etag", TAG), ("content-range", "bytes 1-39/100")], data.slice(1..40))
    });
}

#[test]
fn a_206_that_is_short_is_gone_on_with() {
    case(
        "answer_206_short",
        once(1, |_, data| {
            Answer::new(206, &[("etag", TAG), ("content-range", "bytes 40-49/100")], data.slice(40..50))
        }),
    );
    case("answer_206_shorter_than_it_says", once(1, |request, data| store(data, TAG, request).cut(10, None)));
    case(
        "answer_206_of_another_length",
        once(1, |request, data| store(data, TAG, request).header("content-length", "39")),
    );
}

#[test]
fn parts_are_not_joined_under_a_weak_tag() {
    case("answer_weak_etag", |_, request, data| store(data, "W/\"v1\"", request));
    case("answer_no_etag", |_, request, data| store(data, TAG, request).without("etag"));
    case("answer_no_etag_in_the_middle", once(1, |request, data| store(data, TAG, request).without("etag")));
}

#[test]
fn a_changed_file_begins_anew() {
    // The host honours `If-Range`: the whole new file.
    case("answer_changed_etag", |number, request, data| {
        let (data, tag) = if number == 0 { (bytes(90), TAG) } else { (data.clone(), "\"v2\"") };
        store(&data, tag, request)
    });
    // The host ignores it: a part of another file.
    case("answer_changed_etag_if_range_ignored", |number, request, data| {
        let tag = if number == 0 { TAG } else { "\"v2\"" };
        let old = Bytes::from(vec![0; 100]);
        let mut plain = Request::new(Bytes::new());
        plain.headers_mut().insert("range", request.headers()["range"].clone());
        store(if number == 0 { &old } else { data }, tag, &plain)
    });
    let mut version = 0;
    case("answer_changes_each_time", move |_, request, data| {
        version += 1;
        let mut plain = Request::new(Bytes::new());
        plain.headers_mut().insert("range", request.headers()["range"].clone());
        store(data, &format!("\"v{version}\""), &plain)
    });
}

#[test]
fn a_416_that_is_right_ends_an_empty_file() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::new(&["empty"], |_, request| store(&Bytes::new(), TAG, request));
    let transcript = host.transcript(dir.path(), simple(dir.path()));
    assert_eq!(std::fs::read(dir.path().join("empty")).unwrap(), b"");
    assert_transcript!("answer_416_empty", transcript);
}

#[test]
fn a_416_that_is_wrong_ends_nothing() {
    case("answer_416_at_first", once(0, |_, _| Answer::new(416, &[("content-range", "bytes */100")], "")));
    case("answer_416_without_length", once(0, |_, _| Answer::new(416, &[], "")));
    case("answer_416_shrunk", once(1, |_, _| Answer::new(416, &[("content-range", "bytes */30")], "")));
    case("answer_416_always", |_, _, _| Answer::new(416, &[("content-range", "bytes */100")], ""));
}

#[test]
fn a_416_ends_a_file_of_unknown_length_only_under_its_own_tag() {
    // 50 bytes are had of a file, under a tag and of unknown length, when another run asks for the rest.
    for (name, length, tag) in [
        ("answer_416_resumed_same_tag", 50, Some(TAG)),
        ("answer_416_resumed_no_tag", 100, None),
        ("answer_416_resumed_weak_tag", 100, Some("W/\"v1\"")),
        ("answer_416_resumed_other_tag", 100, Some("\"v2\"")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut policy = TransferPolicy::default();
        (policy.part, policy.record) = (40, 1);
        let download = || Download::into(dir.path()).policy(policy.clone());
        let first = Host::new(&["a"], |_, _| {
            let head = [("etag", TAG), ("transfer-encoding", "chunked")];
            Answer::new(200, &head, bytes(50)).cut(50, Some(Step::Stall))
        });
        drop(first.run_to_stall(download()));

        let data = bytes(length);
        let served = data.clone();
        let second = Host::new(&["a"], move |number, request| {
            if number > 0 {
                return store(&served, "\"v2\"", request);
            }
            let answer = Answer::new(416, &[("content-range", "bytes */50")], "");
            if let Some(tag) = tag { answer.header("etag", tag) } else { answer }
        });
        let transcript = second.transcript(dir.path(), download());
        assert_transcript!(name, transcript);
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), data, "{transcript}");
    }
}

#[test]
fn a_body_without_a_length_must_have_an_end() {
    // Until the connection closes: nobody can tell a cut from the end.
    case("answer_no_length", |_, _, data| Answer::new(200, &[], data.clone()));
    case("answer_chunked", |_, _, data| Answer::new(200, &[("transfer-encoding", "chunked")], data.clone()));
    case("answer_chunked_cut", |number, _, data| {
        let answer = Answer::new(200, &[("transfer-encoding", "chunked")], data.clone());
        if number == 0 { answer.cut(50, Some(Step::Reset)) } else { answer }
    });
    case("answer_length_unknown_in_a_part", |_, request, data| {
        let answer = store(data, TAG, request);
        let first = request.headers().get("range").is_some();
        if first { answer.header("content-range", "bytes 0-39/*") } else { answer }
    });
}

#[test]
fn an_encoded_file_is_refused() {
    case("answer_gzip", |_, request, data| store(data, TAG, request).header("content-encoding", "gzip"));
    case("answer_identity", |_, request, data| {
        store(data, TAG, request).header("content-encoding", "identity")
    });
}

#[test]
fn several_ranges_for_one_are_not_read() {
    case("answer_multipart", |_, request, data| {
        if request.headers().contains_key("range") {
            let body = "--x\r\nContent-Range: bytes 0-39/100\r\n\r\n";
            Answer::new(206, &[("content-type", "multipart/byteranges; boundary=x"), ("etag", TAG)], body)
        } else {
            whole(data, TAG)
        }
    });
    case("answer_multipart_always", |_, _, _| {
        Answer::new(206, &[("content-type", "multipart/byteranges; boundary=x"), ("etag", TAG)], "--x")
    });
}

#[test]
fn a_host_without_ranges_is_taken_as_it_is() {
    case("answer_no_accept_ranges", |_, _, data| whole(data, TAG).header("accept-ranges", "none"));
    // Cut: it begins anew, for the rest cannot be had.
    case("answer_no_accept_ranges_cut", |number, _, data| {
        let answer = whole(data, TAG).header("accept-ranges", "none");
        if number == 0 { answer.cut(60, Some(Step::Reset)) } else { answer }
    });
}

#[test]
fn a_redirect_is_not_followed() {
    case("answer_redirect", |_, _, _| Answer::new(302, &[("location", "https://elsewhere.example/")], ""));
}

#[test]
fn a_304_to_nothing_is_an_error() {
    case("answer_304", |_, _, _| Answer::new(304, &[("etag", TAG)], ""));
}

#[test]
fn a_status_is_retried_where_that_is_of_use() {
    case("answer_404", |_, _, _| Answer::new(404, &[], "<Error/>"));
    case("answer_503", once(0, |_, _| Answer::new(503, &[("retry-after", "7")], "")));
    case("answer_503_for_an_hour", |_, _, _| Answer::new(503, &[("retry-after", "3600")], ""));
    case("answer_500_always", |_, _, _| Answer::new(500, &[], ""));
}

#[test]
fn a_connection_that_is_not_made_is_tried_again() {
    case("answer_none", once(0, |_, _| Answer::fails(TransportError::not_sent("connection refused"))));
    case("answer_none_ever", |_, _, _| Answer::fails(TransportError::not_sent("connection refused")));
}

#[test]
fn more_than_was_announced_is_an_error() {
    case("answer_too_much", |_, _, data| {
        Answer::new(200, &[("content-length", "60"), ("etag", TAG)], data.clone())
    });
}

/// The legal answers to a range, and the transcripts that show what becomes of each.
const FOURTEEN: [(&str, &[&str]); 14] = [
    ("200", &["answer_200", "answer_200_in_the_middle"]),
    ("early 206", &["answer_206_early"]),
    ("late 206", &["answer_206_late", "answer_206_always_late"]),
    ("short 206", &["answer_206_short", "answer_206_shorter_than_it_says"]),
    ("weak tag", &["answer_weak_etag", "answer_no_etag"]),
    ("changed tag", &["answer_changed_etag", "answer_changed_etag_if_range_ignored"]),
    ("416, right and wrong", &["answer_416_empty", "answer_416_at_first", "answer_416_shrunk"]),
    ("no length", &["answer_no_length"]),
    ("chunked", &["answer_chunked", "answer_chunked_cut"]),
    ("gzip", &["answer_gzip"]),
    ("multipart", &["answer_multipart", "answer_multipart_always"]),
    ("no ranges", &["answer_no_accept_ranges", "answer_no_accept_ranges_cut"]),
    ("redirect", &["answer_redirect"]),
    ("304", &["answer_304"]),
];

#[test]
fn each_of_the_fourteen_answers_has_its_transcripts() {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("transfer/snapshots");
    let (mut right, mut typed) = (0, 0);
    for (answer, names) in FOURTEEN {
        for name in names {
            let shown = std::fs::read_to_string(kept.join(format!("{name}.snap")))
                .unwrap_or_else(|error| panic!("{answer}: {name}: {error}"));
            let good = shown.contains(": complete");
            assert!(good || shown.contains(": failed"), "{answer}: {shown}");
            (right, typed) = (right + usize::from(good), typed + usize::from(!good));
        }
    }
    tensorpool_tests::proof::figure(
        "each of the fourteen answers to a range ends in the right file or a typed error",
        format!("14 answers in {} forms: {right} right files, {typed} typed errors", right + typed),
        "cargo test -p tensorpool-tests --test transfer answers",
    );
}
