//! Bodies that are not what they should be.

use serde_json::{Value, json};
use tensorpool_core::error::Error;
use tensorpool_core::http::Response;
use tensorpool_core::{Bytes, catalog};
use tensorpool_tests::{Fixture, fixtures};

use crate::support::{accept, answer, assert_presentable, refused};

fn decode_path(error: &Error) -> &str {
    match error {
        Error::Decode(e) => e.path(),
        other => panic!("{other}"),
    }
}

fn of_ages(ages: &'static [&'static str]) -> impl Iterator<Item = Fixture> {
    fixtures().into_iter().filter(|f| ages.contains(&f.age()))
}

#[test]
fn json_cut_anywhere_is_no_success() {
    let mut cuts = 0;
    for fixture in of_ages(&["today", "tomorrow"]).filter(|f| f.json.as_ref().is_some_and(Value::is_object)) {
        let body = fixture.response.body().clone();
        for end in 0..body.len() {
            let read = accept(&fixture.endpoint, &fixture.with_body(body.slice(..end)));
            if end == 0 && fixture.meta().empty_body {
                assert!(read.is_ok(), "{}", fixture.name());
                continue;
            }
            let error = read.expect_err(&fixture.name());
            assert_presentable(&error);
            assert!(matches!(error, Error::Decode(_)), "{} at {end}: {error}", fixture.name());
            cuts += 1;
        }
    }
    assert!(cuts > 10_000, "only {cuts}");
}

#[test]
fn an_error_cut_anywhere_is_still_that_error() {
    for fixture in of_ages(&["error"]) {
        let body = fixture.response.body().clone();
        for end in 0..=body.len() {
            let error = refused(&fixture.endpoint, &fixture.with_body(body.slice(..end)));
            assert_eq!(error.status(), Some(fixture.response.status()), "{} at {end}", fixture.name());
            assert!(matches!(error, Error::Api(_)));
        }
    }
}

/// Puts another value in a leaf's place, and gives the whole document.
type Replace<'a> = &'a dyn Fn(Value) -> Value;

/// Calls `with` for each leaf of the document: its path, its value, and how to replace it.
fn each_leaf(document: &Value, with: &mut dyn FnMut(&str, &Value, Replace<'_>)) {
    fn walk(at: &Value, path: &str, rebuild: Replace<'_>, with: &mut dyn FnMut(&str, &Value, Replace<'_>)) {
        match at {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    let replace = |new: Value| {
                        let mut fields = fields.clone();
                        fields.insert(key.clone(), new);
                        rebuild(fields.into())
                    };
                    walk(value, &below, &replace, with);
                }
            }
            Value::Array(items) => {
                for (i, value) in items.iter().enumerate() {
                    let replace = |new: Value| {
                        let mut items = items.clone();
                        items[i] = new;
                        rebuild(items.into())
                    };
                    walk(value, &format!("{path}[{i}]"), &replace, with);
                }
            }
            leaf => with(path, leaf, rebuild),
        }
    }
    walk(document, "", &|new| new, with);
}

#[test]
fn a_number_where_a_string_was_promised_is_found_by_its_path() {
    let mut found = 0;
    for fixture in of_ages(&["today"]) {
        // Any JSON is health, and an older name is looked at only once the whole object was read.
        if matches!(&*fixture.name(), "health.healthz/today" | "job.init/today_older_name") {
            continue;
        }
        let Some(document) = &fixture.json else { continue };
        each_leaf(document, &mut |path, leaf, replace| {
            if !leaf.is_string() {
                return;
            }
            let error = refused(&fixture.endpoint, &fixture.with_body(replace(json!(7)).to_string()));
            assert_eq!(decode_path(&error), path, "{error}");
            found += 1;
        });
    }
    assert!(found > 150, "only {found}");
}

#[test]
fn no_leaf_of_any_kind_makes_a_panic_or_a_page_of_text() {
    let kinds = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!([[1]]),
        json!({"a": {}}),
    ];
    for fixture in fixtures() {
        let Some(document) = &fixture.json else { continue };
        each_leaf(document, &mut |path, _, replace| {
            for kind in &kinds {
                let response = fixture.with_body(replace(kind.clone()).to_string());
                if let Err(error) = accept(&fixture.endpoint, &response) {
                    assert_presentable(&error);
                    assert!(
                        response.status().is_success() || error.status() == Some(response.status()),
                        "{path}"
                    );
                }
            }
        });
    }
}

#[test]
fn the_path_says_which_of_many() {
    let error = refused("cluster.list", &answer(200, r#"{"clusters":[{"name":"a"},{"name":5}]}"#));
    assert_eq!(decode_path(&error), "clusters[1].name");
    assert!(error.to_string().starts_with(
        "cluster.list: 200 but the answer is unreadable at clusters[1].name: invalid type: integer `5`, expected a string: "
    ));
}

/// A body that is no answer of any endpoint, and what is said of it.
fn nonsense() -> Vec<(Response<Bytes>, &'static str)> {
    vec![
        (
            answer(200, "<html><body>Log in</body></html>"),
            "HTML or XML instead of JSON, perhaps from a proxy",
        ),
        (answer(200, "\n\n  <!doctype html>"), "HTML or XML instead of JSON, perhaps from a proxy"),
        (answer(200, &b"{\"message\":\"caf\xe9\"}"[..]), "invalid UTF-8 after byte 15"),
        (answer(200, &b"\xff\xfe{\0}\0"[..]), "invalid UTF-8 after byte 0"),
        (answer(200, "{\"message\":\"cut"), "the JSON is cut off at byte 15"),
        (answer(200, "[]"), "invalid type: list, expected an object"),
    ]
}

#[test]
fn nonsense_is_no_success_of_any_endpoint() {
    for entry in catalog::all() {
        let name = entry.meta().name;
        for (response, why) in nonsense() {
            if name == "health.healthz" && why.ends_with("expected an object") {
                continue;
            }
            let error = refused(name, &response);
            assert_eq!(error.status().map(|s| s.as_u16()), Some(200));
            let secret = entry.meta().secret && why.ends_with("expected an object");
            let why = if secret { "not the expected shape, which is an object" } else { why };
            assert!(error.to_string().contains(why), "{error}");
            let changes = entry.meta().replay != tensorpool_core::Replay::Safe;
            assert_eq!(error.may_have_been_applied(), changes, "{error}");
            assert_eq!(error.to_string().ends_with("look before sending it again"), changes, "{error}");
        }
    }
}

#[test]
fn no_content_is_an_answer_only_where_it_is_the_documented_one() {
    for entry in catalog::all() {
        for response in [answer(204, ""), answer(200, ""), answer(202, " \n")] {
            let read = accept(entry.meta().name, &response);
            assert_eq!(read.is_ok(), entry.meta().empty_body, "{}", entry.meta().name);
            if let Err(error) = read {
                assert!(error.to_string().contains("empty instead of JSON"), "{error}");
            }
        }
    }
    let said = accept("bucket.delete", &answer(200, r#"{"message":"gone","n":1}"#)).unwrap();
    assert!(said.contains("gone") && said.contains("\"n\""), "{said}");
}

#[test]
fn a_500_without_a_word_says_what_it_can() {
    for entry in catalog::all() {
        let error = refused(entry.meta().name, &answer(500, ""));
        let line = error.to_string();
        assert!(line.starts_with(&format!("{}: 500 internal server error", entry.meta().name)), "{line}");
        assert!(!line.contains(": ;") && !line.trim_end().ends_with(':'), "{line}");
        assert_eq!(error.server_message(), None);
    }
}

#[test]
fn words_with_a_bad_byte_are_still_words() {
    let error = refused("job.info", &answer(404, &b"{\"message\":\"no job caf\xe9\"}"[..]));
    assert_eq!(error.server_message(), Some("no job caf\u{fffd}"));
    let error = refused("job.info", &answer(404, &b"no job \xff\xfe"[..]));
    assert_eq!(error.to_string(), "job.info: 404 not found: no job \u{fffd}\u{fffd}");
}

#[test]
fn the_servers_words_are_found_in_the_documented_order() {
    for (body, expected) in [
        (json!({"message": "a", "error": "b", "external_message": "c", "detail": "d"}), Some("a")),
        (json!({"error": "b", "external_message": "c", "detail": "d"}), Some("b")),
        (json!({"external_message": "c", "detail": "d"}), Some("c")),
        (json!({"detail": "d"}), Some("d")),
        (json!({"message": null, "error": " ", "external_message": [], "detail": "d"}), Some("d")),
        (json!({"message": "a", "detail": [{"loc": ["body"], "msg": "d"}]}), Some("a")),
        (json!({"detail": [{"loc": ["body", 0, "x"], "msg": "d"}, {"msg": "e"}]}), Some("body.0.x: d; e")),
        (json!({"detail": [{"type": "t"}]}), Some("t")),
        (json!({"detail": [{}]}), None),
        (json!({"detail": []}), None),
        (json!({"message": {"text": "a"}}), None),
        (json!(["a"]), None),
        (json!("a"), None),
        (json!(null), None),
    ] {
        let error = refused("cluster.info", &answer(400, body.to_string()));
        assert_eq!(error.server_message(), expected, "{body}");
        assert!(error.is_invalid());
    }
}

#[test]
fn an_error_of_many_lines_is_shown_on_one_and_kept_whole() {
    let words = "first\nsecond\r\n\tthird \u{1b}[31mred\u{202e}";
    let error = refused("job.list", &answer(503, json!({ "message": words }).to_string()));
    assert_eq!(error.to_string(), "job.list: 503 service unavailable: first second third [31mred");
    assert_eq!(error.server_message(), Some(words));
}

#[test]
fn a_file_name_of_the_servers_does_not_break_the_line() {
    let body = json!({"download_map": {"a\nb\u{1b}[2J": 7}}).to_string();
    let error = refused("job.pull", &answer(200, body));
    assert_eq!(decode_path(&error), "download_map.a b [2J");
}
