//! Nothing the server says is lost: what was read is written back whole.

use serde_json::Value;
use tensorpool_core::api::{cluster, health, job, object_storage, ssh, ssh_key, storage, user};
use tensorpool_core::http::Response;
use tensorpool_core::model::{Acknowledged, JobStatus, Quote, RequestInfo};
use tensorpool_core::{Bytes, Endpoint, catalog, read};
use tensorpool_tests::{Fixture, fixtures};

macro_rules! write_back {
    ($response:expr, $endpoint:expr; $( $name:literal => $answer:ty ),+ $(,)?) => {
        match $endpoint {
            $( $name => read::<$answer>(catalog::find($name).unwrap().meta(), $response)
                .map(|value| serde_json::to_value(value).unwrap()), )+
            other => panic!("{other} is new: say here what its answer is read into"),
        }
    };
}

/// The JSON an answer is written back as; none where it holds secrets.
#[rustfmt::skip]
pub(crate) fn written_back(endpoint: &str, response: &Response<Bytes>) -> Option<Value> {
    if catalog::find(endpoint).unwrap().meta().secret {
        return None;
    }
    let value = write_back! { response, endpoint;
        "health.check" => Acknowledged, "user.me" => user::Me, "job.init" => job::JobTemplate,
        "job.cancel" => job::JobCancellation, "job.list" => job::JobList, "job.info" => job::JobAnswer,
        "job.delete" => Acknowledged, "cluster.create" => cluster::ClusterCreated,
        "cluster.destroy" => cluster::ClusterDestroyed, "cluster.list" => cluster::ClusterList,
        "cluster.info" => cluster::ClusterAnswer, "cluster.edit" => Acknowledged, "cluster.quote" => Quote,
        "cluster.operations" => cluster::OperationList, "storage.create" => storage::StorageCreated,
        "storage.destroy" => storage::StorageDestroyed, "storage.attach" => storage::StorageAttached,
        "storage.detach" => storage::StorageDetached, "storage.list" => storage::StorageList,
        "storage.info" => storage::StorageAnswer, "storage.edit" => Acknowledged, "storage.quote" => Quote,
        "object_storage.disable" => Acknowledged, "bucket.list" => object_storage::BucketList,
        "bucket.create" => Acknowledged, "bucket.delete" => Acknowledged, "ssh.command" => ssh::SshCommand,
        "user.info" => user::UserInfo, "user.preferences" => user::Preferences,
        "user.edit_preferences" => user::Preferences, "user.organization" => user::Organization,
        "ssh_key.add" => ssh_key::SshKeyAdded, "ssh_key.list" => ssh_key::SshKeyList,
        "ssh_key.remove" => Acknowledged, "request.info" => RequestInfo,
        // Its answer may be plain text, so it has a reader of its own; then what is read is what is shown.
        "health.healthz" => Value,
    };
    match endpoint {
        "health.healthz" => Some(serde_json::to_value(health::Healthz.accept(response).unwrap()).unwrap()),
        _ => Some(value.unwrap()),
    }
}

/// Older names of fields and the ones they are written back under (contract §13, and the models' own comments).
const RENAMED: [(&str, &str); 11] = [
    ("tp_cluster_name", "name"),
    ("cluster_name", "name"),
    ("experimental_container", "container"),
    ("tp_storage_name", "name"),
    ("size", "size_gb"),
    ("key_id", "id"),
    ("user_id", "uid"),
    ("config", "empty_tp_config"),
    ("requests", "operations"),
    ("bucket_name", "name"),
    ("Name", "name"),
];

fn assert_kept(what: &str, said: &Value, kept: &Value) {
    match (said, kept) {
        (Value::Object(said), Value::Object(kept)) => {
            for (key, value) in said {
                // Null says nothing; the older name beside it may.
                if value.is_null() && RENAMED.iter().any(|(old, new)| new == key && said.contains_key(*old)) {
                    continue;
                }
                let renamed = RENAMED.iter().find(|(old, new)| old == key && kept.contains_key(*new));
                let found = kept.get(key).or(renamed.and_then(|(_, new)| kept.get(*new)));
                let found = found.unwrap_or_else(|| panic!("{what}.{key} is lost"));
                assert_kept(&format!("{what}.{key}"), value, found);
            }
        }
        (Value::Array(said), Value::Array(kept)) => {
            assert_eq!(said.len(), kept.len(), "{what}");
            for (i, (said, kept)) in said.iter().zip(kept).enumerate() {
                assert_kept(&format!("{what}[{i}]"), said, kept);
            }
        }
        // An optional list has nothing to tell null and empty apart by.
        (Value::Null, Value::Array(kept)) => assert!(kept.is_empty(), "{what}"),
        (Value::Number(said), Value::Number(kept)) => assert_eq!(said.as_f64(), kept.as_f64(), "{what}"),
        // Known values are written in their one spelling.
        (Value::String(said), Value::String(kept)) if what.ends_with(".status") => {
            let same =
                said.eq_ignore_ascii_case(kept) || JobStatus::from(&**said) == JobStatus::from(&**kept);
            assert!(same, "{what}: {said} became {kept}");
        }
        _ => assert_eq!(said, kept, "{what}"),
    }
}

fn readable() -> impl Iterator<Item = Fixture> {
    fixtures().into_iter().filter(|f| matches!(f.age(), "today" | "tomorrow"))
}

#[test]
fn everything_the_server_said_is_written_back() {
    let mut checked = 0;
    for fixture in readable() {
        let Some(said @ Value::Object(_)) = &fixture.json else { continue };
        let Some(kept) = written_back(&fixture.endpoint, &fixture.response) else { continue };
        // A shape of health that nobody has seen is kept as text.
        if kept.get("text").is_some_and(Value::is_string) {
            assert_eq!(kept["text"], said.to_string());
            continue;
        }
        assert_kept(&fixture.name(), said, &kept);
        checked += 1;
    }
    assert!(checked > 80, "only {checked}");
}

#[test]
fn what_is_written_back_reads_as_the_same_value() {
    for fixture in readable() {
        let Some(kept) = written_back(&fixture.endpoint, &fixture.response) else { continue };
        let again = fixture.with_body(kept.to_string());
        assert_eq!(written_back(&fixture.endpoint, &again), Some(kept), "{}", fixture.name());
    }
}

#[test]
fn a_list_survives_a_status_from_tomorrow() {
    for (endpoint, body) in [
        (
            "job.list",
            r#"{"jobs":[{"id":"j-1","status":"running"},{"id":"j-2","status":"Paused"},{"id":"j-3","status":"error"}]}"#,
        ),
        (
            "cluster.list",
            r#"{"clusters":[{"id":"c-1","status":"RUNNING"},{"id":"c-2","status":"Hibernating"},{"id":"c-3","status":"FAILED"}]}"#,
        ),
        (
            "cluster.list",
            r#"{"clusters":[{"id":"c-1","instance_type":"1xH100"},{"id":"c-2","instance_type":"9xZ1"},{"id":"c-3"}]}"#,
        ),
        (
            "storage.list",
            r#"{"volumes":[{"id":"s-1","status":"READY"},{"id":"s-2","status":"thawing"},{"id":"s-3"}]}"#,
        ),
        (
            "cluster.operations",
            r#"{"operations":[{"request_id":"r-1","request_type":"CLUSTER_CLAIM","status":"COMPLETED"},{"request_id":"r-2","request_type":"CLUSTER_NAP","status":"ASLEEP"},{"request_id":"r-3","status":"FAILED"}]}"#,
        ),
    ] {
        let kept = written_back(endpoint, &crate::support::answer(200, body)).unwrap();
        assert_kept(endpoint, &serde_json::from_str(body).unwrap(), &kept);
        // A spelling that is not known is not touched at all.
        for word in ["Paused", "Hibernating", "9xZ1", "thawing", "CLUSTER_NAP", "ASLEEP"] {
            assert_eq!(body.contains(word), kept.to_string().contains(word), "{word}");
        }
    }
}

#[test]
fn an_older_name_beside_the_current_one_is_kept_too() {
    let body = r#"{"uid":"u-1","id":12,"user_id":["x"]}"#;
    let kept = written_back("user.me", &crate::support::answer(200, body)).unwrap();
    assert_eq!((&kept["uid"], &kept["id"], &kept["user_id"][0]), (&"u-1".into(), &12.into(), &"x".into()));
}
