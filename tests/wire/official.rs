//! For the same intent our requests are the official client's, field by field.
//!
//! The table was read from `helpers.py` and `main.py` of the Python package `tensorpool` 0.0.9: for each of its commands
//! the method, the path, the query and the JSON body it sends.

use serde_json::{Value, json};
use tensorpool_core::Endpoint;
use tensorpool_core::api::{cluster, health, job, object_storage, request, ssh, ssh_key, storage, user};
use tensorpool_core::http::Request;
use tensorpool_core::model::System;
use tensorpool_core::{Bytes, catalog};

use crate::support::{body_of, context};

struct Row {
    command: &'static str,
    method: &'static str,
    path: &'static str,
    query: &'static [(&'static str, &'static str)],
    body: Option<Value>,
    ours: Request<Bytes>,
}

fn row<E: Endpoint>(command: &'static str, method: &'static str, path: &'static str, ours: E) -> Row {
    let ours = context().client_type("cli").unwrap().request(&ours).unwrap();
    Row { command, method, path, query: &[], body: None, ours }
}

impl Row {
    fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

const KEY: &str = "ssh-ed25519 AAAAC3Nza grace@laptop";

#[rustfmt::skip]
fn table() -> Vec<Row> {
    let runtime = health::PythonRuntime {
        uname: ["Linux", "laptop", "6.1.0", "#1 SMP", "x86_64", ""].map(str::to_owned),
        python_version: "3.11.7".to_owned(),
        python_implementation: "CPython".to_owned(),
        python_compiler: "GCC 12.2.0".to_owned(),
        python_build: ["main", "Jan 1 2026"].map(str::to_owned),
    };
    vec![
        // Sent before every command. The named tuple of platform.uname() becomes a list of six.
        row("(any)", "POST", "/health", health::CheckHealth::new("0.0.9").python(runtime)).body(json!({
            "package_version": "0.0.9", "uname": ["Linux", "laptop", "6.1.0", "#1 SMP", "x86_64", ""],
            "python_version": "3.11.7", "python_implementation": "CPython", "python_compiler": "GCC 12.2.0",
            "python_build": ["main", "Jan 1 2026"],
        })),
        row("job init", "GET", "/job/init", job::InitJob),
        row("job list", "GET", "/job/list", job::ListJobs::new()),
        row("job list --org", "GET", "/job/list", job::ListJobs::new().include_org(true)).query(&[("include_org", "True")]),
        row("job info j-1", "GET", "/job/info/j-1", job::GetJob::new("j-1")),
        row("job cancel j-1", "POST", "/job/cancel/j-1", job::CancelJob::new("j-1")),
        row("job delete j-1", "DELETE", "/job/delete/j-1", job::DeleteJob::new("j-1")),
        row("job pull j-1", "GET", "/job/pull/j-1", job::PullJob::new("j-1").system(System::Linux))
            .query(&[("dry_run", "False"), ("system", "linux")]),
        row("job pull j-1 --dry-run", "GET", "/job/pull/j-1", job::PullJob::new("j-1").system(System::Darwin).dry_run(true))
            .query(&[("dry_run", "True"), ("system", "darwin")]),
        // The files are in the helper; the command's flag for them is commented out.
        row("job pull j-1 -i", "GET", "/job/pull/j-1", job::PullJob::new("j-1").system(System::Windows)
            .file("a b.txt").file("c&d").private_key_path("C:\\keys\\id"))
            .query(&[("dry_run", "False"), ("system", "windows"), ("files", "a b.txt"), ("files", "c&d"), ("private_key_path", "C:\\keys\\id")]),
        row("cluster create 1xH100", "POST", "/cluster/create", cluster::CreateCluster::new("1xH100"))
            .body(json!({"instance_type": "1xH100", "num_nodes": null, "deletion_protection": false})),
        row("cluster create 8xB200 …", "POST", "/cluster/create", cluster::CreateCluster::new("8xB200").num_nodes(2)
            .name("pretrain").container("nvcr.io/x:1").deletion_protection(true).public_key(format!("{KEY}\n")))
            .body(json!({
                "instance_type": "8xB200", "num_nodes": 2, "deletion_protection": true, "public_keys": [KEY],
                "tp_cluster_name": "pretrain", "container": "nvcr.io/x:1",
            })),
        row("cluster destroy c-1", "DELETE", "/cluster/c-1", cluster::DestroyCluster::new("c-1")),
        row("cluster list", "GET", "/cluster/list", cluster::ListClusters::new()),
        row("cluster list --org -i", "GET", "/cluster/list", cluster::ListClusters::new().include_org(true).instances(true))
            .query(&[("include_org", "True"), ("instances", "True")]),
        row("cluster info c-1", "GET", "/cluster/info/c-1", cluster::GetCluster::new("c-1")),
        row("cluster edit c-1 --name", "PATCH", "/cluster/edit/c-1", cluster::EditCluster::new("c-1").name("eval"))
            .body(json!({"cluster_name": "eval"})),
        row("cluster edit c-1 …", "PATCH", "/cluster/edit/c-1", cluster::EditCluster::new("c-1").name("eval").deletion_protection(false))
            .body(json!({"cluster_name": "eval", "deletion_protection": false})),
        row("cluster attach c-1 s-1", "POST", "/storage/attach", storage::AttachStorage::new("s-1", "c-1"))
            .body(json!({"storage_id": "s-1", "cluster_ids": ["c-1"]})),
        row("cluster detach c-1 s-1", "POST", "/storage/detach", storage::DetachStorage::new("s-1", "c-1"))
            .body(json!({"storage_id": "s-1", "cluster_id": "c-1"})),
        row("storage create -s 100", "POST", "/storage/create", storage::CreateStorage::new(100))
            .body(json!({"size": 100, "deletion_protection": false})),
        row("storage create …", "POST", "/storage/create", storage::CreateStorage::new(100).name("corpora").deletion_protection(true))
            .body(json!({"size": 100, "deletion_protection": true, "name": "corpora"})),
        row("storage destroy s-1", "DELETE", "/storage/s-1", storage::DestroyStorage::new("s-1")),
        row("storage list", "GET", "/storage/list", storage::ListStorage::new()),
        row("storage list --org", "GET", "/storage/list", storage::ListStorage::new().include_org(true)).query(&[("include_org", "True")]),
        row("storage info s-1", "GET", "/storage/info/s-1", storage::GetStorage::new("s-1")),
        row("storage edit s-1 …", "PATCH", "/storage/edit/s-1", storage::EditStorage::new("s-1").name("corpora").deletion_protection(true).size_gb(200))
            .body(json!({"tp_storage_name": "corpora", "deletion_protection": true, "size_gb": 200})),
        row("object-storage enable", "POST", "/object-storage/enable", object_storage::EnableObjectStorage),
        row("object-storage disable", "DELETE", "/object-storage/disable", object_storage::DisableObjectStorage),
        row("object-storage credentials", "GET", "/object-storage/credentials", object_storage::GetCredentials),
        row("object-storage configure aws", "GET", "/object-storage/configure/aws", object_storage::ConfigureAws),
        row("object-storage configure rclone", "GET", "/object-storage/configure/rclone", object_storage::ConfigureRclone),
        row("object-storage bucket list", "GET", "/object-storage/bucket/list", object_storage::ListBuckets),
        row("object-storage bucket create b", "PUT", "/object-storage/bucket/create/b", object_storage::CreateBucket::new("b")),
        row("object-storage bucket delete b", "DELETE", "/object-storage/bucket/delete/b", object_storage::DeleteBucket::new("b")),
        // Here the system is as Python's platform.system() spells it.
        row("ssh i-1", "GET", "/ssh/i-1", ssh::GetSshCommand::new("i-1").system(System::Linux)).query(&[("system", "Linux")]),
        row("ssh i-1", "GET", "/ssh/i-1", ssh::GetSshCommand::new("i-1").system(System::Darwin)).query(&[("system", "Darwin")]),
        row("me", "GET", "/user/info", user::GetUserInfo),
        row("ssh-key create", "POST", "/user/ssh-key/add", ssh_key::AddSshKey::new(format!("{KEY}\n"))).body(json!({"public_key": KEY})),
        row("ssh-key create --name", "POST", "/user/ssh-key/add", ssh_key::AddSshKey::new(KEY).name("laptop"))
            .body(json!({"public_key": KEY, "name": "laptop"})),
        row("ssh-key list", "GET", "/user/ssh-key/list", ssh_key::ListSshKeys::new()),
        row("ssh-key list --org", "GET", "/user/ssh-key/list", ssh_key::ListSshKeys::new().include_org(true)).query(&[("include_org", "True")]),
        row("ssh-key destroy k-1", "DELETE", "/user/ssh-key/remove/k-1", ssh_key::RemoveSshKey::new("k-1")),
        row("(--wait)", "GET", "/request/info/r-1", request::GetRequest::new("r-1")),
    ]
}

/// The pairs of a query, sorted, booleans in lower case.
///
/// Python writes a boolean as `True`, the documentation and we write `true`: the engine must take both, so their case says
/// nothing. Every other value is compared as it is, for `/ssh` tells `Linux` from `linux`.
fn pairs<'a>(query: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let boolean = |value: &str| value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    let mut pairs: Vec<_> = query
        .map(|(name, value)| {
            (name.to_owned(), if boolean(value) { value.to_ascii_lowercase() } else { value.to_owned() })
        })
        .collect();
    pairs.sort();
    pairs
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_command_of_the_official_client_is_the_same_request() {
    for row in table() {
        let what = row.command;
        assert_eq!(row.ours.method(), row.method, "{what}");
        assert_eq!(row.ours.uri().path(), row.path, "{what}");
        let query = row.ours.uri().query().unwrap_or_default();
        let ours: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        assert_eq!(
            pairs(ours.iter().map(|(name, value)| (&**name, &**value))),
            pairs(row.query.iter().copied()),
            "{what}"
        );
        assert_eq!(body_of(&row.ours), row.body, "{what}");
    }
}

#[test]
fn the_official_clients_headers_are_sent_where_they_say_something() {
    for row in table() {
        let header =
            |name: &str| row.ours.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-client-type").as_deref(), Some("cli"), "{}", row.command);
        assert!(header("authorization").is_some_and(|value| value.starts_with("Bearer ")), "{}", row.command);
        // It says application/json even without a body; that says nothing, so it is left out here.
        let expected = row.body.is_some().then_some("application/json");
        assert_eq!(header("content-type").as_deref(), expected, "{}", row.command);
    }
}

/// Routes that no command of the official client 0.0.9 asks for.
#[rustfmt::skip]
const NOT_OFFICIAL: [&str; 9] = [
    "health.healthz", "user.me", "cluster.quote", "cluster.operations", "storage.quote", "object_storage.rotate_keys",
    "user.preferences", "user.edit_preferences", "user.organization",
];

#[test]
fn every_route_is_either_compared_or_known_to_be_ours_alone() {
    let rows = table();
    let compared: Vec<_> = rows
        .iter()
        .map(|row| catalog::route(row.ours.method(), row.ours.uri().path()).unwrap().0.name)
        .collect();
    for entry in catalog::all() {
        let name = entry.meta().name;
        assert_ne!(compared.contains(&name), NOT_OFFICIAL.contains(&name), "{name}");
    }
}
