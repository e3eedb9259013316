//! The types of other crates that public signatures name: each is a promise about that crate's versions too.
#![allow(clippy::indexing_slicing, reason = "what a JSON value does not have is null, not a panic")]

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// The language itself.
const LANGUAGE: &[&str] = &["alloc", "core", "std"];

/// Which foreign crates a crate's signatures may name; a new one is a decision, and its next major version is ours too.
const ALLOWED: &[(&str, &[&str])] = &[
    ("tensorpool-core", &["bytes", "http", "serde", "serde_core", "serde_json"]),
    ("tensorpool-client", &["bytes", "http", "futures_io", "tensorpool_core"]),
    // Its command line is a part of `tp`'s, so clap stands in both.
    (
        "tensorpool-emulator",
        &["bytes", "clap_builder", "http", "serde_json", "tensorpool_client", "tensorpool_core"],
    ),
    ("tensorpool-cli", &["clap_builder"]),
    (
        "tensorpool-hyper",
        &[
            "bytes",
            "http",
            "hyper",
            "hyper_rustls",
            "hyper_util",
            "rustls",
            "tensorpool_client",
            "tensorpool_core",
            "tower_service",
        ],
    ),
    ("tensorpool-reqwest", &["bytes", "http", "reqwest", "tensorpool_client", "tensorpool_core"]),
];

pub(super) fn allowed(package: &str, krate: &str) -> bool {
    LANGUAGE.contains(&krate)
        || ALLOWED.iter().any(|(name, crates)| *name == package && crates.contains(&krate))
}

/// Each foreign type or trait with its crate, and where it is named first.
pub(super) fn types(doc: &Value) -> Result<BTreeMap<String, String>> {
    let index = doc["index"].as_object().context("the documentation has no index")?;
    let mut found = BTreeMap::new();
    for (_, item) in index.iter().filter(|(_, item)| item["crate_id"] == 0 && !is_automatic(item)) {
        let at = item["name"].as_str().unwrap_or("an impl");
        let line = item.pointer("/span/begin/0").and_then(Value::as_u64).unwrap_or_default();
        let file = item.pointer("/span/filename").and_then(Value::as_str).unwrap_or_default();
        walk(doc, &item["inner"], &mut |krate, path| {
            found.entry(krate.to_owned()).or_insert_with(|| format!("{path} in {at} ({file}:{line})"));
        });
    }
    Ok(found)
}

/// Written by no one: `impl<T> From<T> for T` and its like, and `Send` and its like.
fn is_automatic(item: &Value) -> bool {
    let inner = |name| item.pointer("/inner/impl").and_then(|inner| inner.get(name));
    inner("blanket_impl").is_some_and(|of| !of.is_null())
        || inner("is_synthetic").is_some_and(|is| *is == true)
}

/// Every path in a signature that leads to another crate.
fn walk(doc: &Value, value: &Value, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(doc, value, found)),
        Value::Object(fields) => {
            if let (Some(id), true) = (fields.get("id").and_then(Value::as_u64), fields.contains_key("path"))
            {
                let target = doc.pointer(&format!("/paths/{id}")).filter(|target| target["crate_id"] != 0);
                let name = target.and_then(|target| {
                    let krate = target["crate_id"].as_u64()?;
                    doc.pointer(&format!("/external_crates/{krate}/name"))?.as_str()
                });
                if let (Some(target), Some(name)) = (target, name) {
                    found(name, &path(target));
                }
            }
            fields.values().for_each(|value| walk(doc, value, found));
        }
        _ => {}
    }
}

fn path(target: &Value) -> String {
    let parts = target["path"].as_array().into_iter().flatten().filter_map(Value::as_str);
    parts.collect::<Vec<_>>().join("::")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn doc(inner: &Value) -> Value {
        json!({
            "index": { "1": { "crate_id": 0, "name": "send", "inner": inner,
                              "span": { "filename": "src/a.rs", "begin": [3, 1] } } },
            "paths": { "7": { "crate_id": 5, "path": ["tokio", "time", "Sleep"] },
                       "8": { "crate_id": 0, "path": ["mine", "Own"] } },
            "external_crates": { "5": { "name": "tokio" } },
        })
    }

    #[test]
    fn a_foreign_type_is_found_however_deep_it_stands() {
        let deep = json!({ "function": { "sig": { "inputs": [["a", { "borrowed_ref": { "type":
            { "resolved_path": { "path": "Sleep", "id": 7 } } } }]] } } });
        let found = types(&doc(&deep)).unwrap();
        assert_eq!(found["tokio"], "tokio::time::Sleep in send (src/a.rs:3)");
        assert!(!allowed("tensorpool-core", "tokio") && allowed("tensorpool-core", "http"));
        assert!(!allowed("tensorpool-reqwest", "hyper") && allowed("tensorpool-hyper", "hyper"));
    }

    #[test]
    fn what_is_ours_or_automatic_is_not() {
        assert!(types(&doc(&json!({ "resolved_path": { "path": "Own", "id": 8 } }))).unwrap().is_empty());
        for automatic in [json!({ "is_synthetic": true }), json!({ "blanket_impl": { "generic": "T" } })] {
            let mut automatic = automatic;
            automatic["trait"] = json!({ "path": "Sleep", "id": 7 });
            assert!(types(&doc(&json!({ "impl": automatic }))).unwrap().is_empty());
        }
    }
}
