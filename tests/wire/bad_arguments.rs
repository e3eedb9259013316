//! Arguments that are refused before anything is sent, and how.

use tensorpool_core::api::{cluster, job, object_storage, request, ssh, ssh_key, storage, user};
use tensorpool_core::error::{BuildError, BuildErrorKind, Error};
use tensorpool_core::http::Request;
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, catalog};

use crate::support::{TOKEN, answer, assert_presentable, body_of, context};

fn build<E: Endpoint>(endpoint: E) -> Result<Request<Bytes>, Error> {
    context().request(&endpoint)
}

fn refusal<E: Endpoint>(endpoint: E) -> String {
    let error = build(endpoint).expect_err("a refusal");
    assert_presentable(&error);
    assert!(error.is_invalid() && !error.may_have_been_applied(), "{error}");
    error.to_string()
}

type Build = fn(&str) -> Result<Request<Bytes>, Error>;

/// Every place an id or name goes: endpoint, parameter, request.
#[rustfmt::skip]
const IDS: [(&str, &str, Build); 20] = [
    ("job.pull", "job_id", |id| build(job::PullJob::new(id))),
    ("job.cancel", "job_id", |id| build(job::CancelJob::new(id))),
    ("job.info", "job_id", |id| build(job::GetJob::new(id))),
    ("job.delete", "job_id", |id| build(job::DeleteJob::new(id))),
    ("cluster.destroy", "cluster", |id| build(cluster::DestroyCluster::new(id))),
    ("cluster.info", "cluster", |id| build(cluster::GetCluster::new(id))),
    ("cluster.edit", "cluster", |id| build(cluster::EditCluster::new(id).name("eval"))),
    ("cluster.operations", "cluster", |id| build(cluster::ListClusterOperations::new(id))),
    ("storage.destroy", "storage_id", |id| build(storage::DestroyStorage::new(id))),
    ("storage.attach", "storage_id", |id| build(storage::AttachStorage::new(id, "c-1"))),
    ("storage.attach", "cluster_ids", |id| build(storage::AttachStorage::new("s-1", "c-1").and_cluster(id))),
    ("storage.detach", "storage_id", |id| build(storage::DetachStorage::new(id, "c-1"))),
    ("storage.detach", "cluster_id", |id| build(storage::DetachStorage::new("s-1", id))),
    ("storage.info", "storage_id", |id| build(storage::GetStorage::new(id))),
    ("storage.edit", "storage_id", |id| build(storage::EditStorage::new(id).size_gb(2))),
    ("bucket.create", "bucket_name", |id| build(object_storage::CreateBucket::new(id))),
    ("bucket.delete", "bucket_name", |id| build(object_storage::DeleteBucket::new(id))),
    ("ssh.command", "instance_id", |id| build(ssh::GetSshCommand::new(id))),
    ("ssh_key.remove", "key_id", |id| build(ssh_key::RemoveSshKey::new(id))),
    ("request.info", "request_id", |id| build(request::GetRequest::new(id))),
];

#[test]
fn an_id_cannot_turn_a_request_into_another() {
    for (endpoint, parameter, build) in IDS {
        for (id, why) in [
            ("", "is empty"),
            (".", "is `.` or `..`"),
            ("..", "is `.` or `..`"),
            ("a/b", "holds a slash"),
            ("../list", "holds a slash"),
            ("/", "holds a slash"),
            ("a\\b", "holds a slash"),
            ("a\nb", "holds a control character"),
            ("a\0", "holds a control character"),
            (" a", "begins or ends with a space"),
            ("a ", "begins or ends with a space"),
        ] {
            let error = build(id).expect_err(endpoint);
            assert_presentable(&error);
            assert_eq!(error.to_string(), format!("{endpoint}: {parameter} {why}"), "{id:?}");
            assert!(matches!(&error, Error::Build(e) if e.kind() == BuildErrorKind::Segment));
        }
    }
}

#[test]
fn an_id_of_any_other_text_stays_one_segment() {
    for (endpoint, _, build) in IDS {
        for id in ["...", "a..b", "a?b=c", "a#b", "a%2Fb", "a%b", "a;b", "a:b", "é", "🚢", "a&b", "-", "a b"]
        {
            let request = build(id).unwrap_or_else(|e| panic!("{endpoint} {id:?}: {e}"));
            let (meta, _) = catalog::route(request.method(), request.uri().path()).expect("a route");
            assert_eq!(meta.name, endpoint, "{id:?} became {}", request.uri());
            let query = request.uri().query().unwrap_or_default();
            assert!(!query.contains("b=c"), "{}", request.uri());
        }
    }
}

#[test]
fn every_endpoint_with_an_id_is_in_the_table() {
    for entry in catalog::all().iter().filter(|entry| entry.meta().path.contains('{')) {
        assert!(IDS.iter().any(|(name, ..)| *name == entry.meta().name), "{}", entry.meta().name);
    }
}

#[test]
fn a_token_that_a_header_cannot_carry_is_refused_without_being_shown() {
    for (token, why) in [
        ("", "is empty"),
        ("tp-canary-5e1f\n", "holds a line break at byte 14; trim it first"),
        ("tp-canary-5e1f\r\nX-Evil: 1", "holds a line break at byte 14; trim it first"),
        (" tp-canary-5e1f", "holds a space or control character at byte 0"),
        ("tp canary", "holds a space or control character at byte 2"),
        ("tp-canary\0", "holds a space or control character at byte 9"),
        ("tp-canary\u{7f}", "holds a space or control character at byte 9"),
        ("tp-canäry-5e1f", "holds a non-ASCII character at byte 6"),
        ("“tp-canary-5e1f”", "holds a non-ASCII character at byte 0"),
    ] {
        let error = Error::from(ApiToken::new(token).unwrap_err());
        assert_presentable(&error);
        assert_eq!(error.to_string(), format!("the API token {why}"), "{token:?}");
        assert_eq!((error.endpoint(), error.status()), (None, None));
    }
}

#[test]
fn an_address_that_is_no_engines_is_refused() {
    for (url, why) in [
        (
            "engine.tensorpool.dev",
            "the base URL \"engine.tensorpool.dev\" has no scheme: write https:// before the host",
        ),
        (
            "https://engine.tensorpool.dev/v1",
            "the base URL \"https://engine.tensorpool.dev/v1\" has a path; give only scheme, host and port",
        ),
        (
            "https://me:opensesame@engine.tensorpool.dev",
            "the base URL holds credentials; the token is given separately",
        ),
        (
            "https://engine.tensorpool.dev?key=opensesame",
            "the base URL has a query; give only scheme, host and port",
        ),
        (
            "https://engine.tensorpool.dev#opensesame",
            "the base URL has a fragment; give only scheme, host and port",
        ),
        (
            "wss://engine.tensorpool.dev",
            "the base URL \"wss://engine.tensorpool.dev\" has a scheme other than http and https",
        ),
        ("  ", "the base URL \"  \" is empty"),
    ] {
        let error = Error::from(BaseUrl::parse(url).unwrap_err());
        assert_presentable(&error);
        assert_eq!(error.to_string(), why);
    }
}

#[test]
fn a_token_does_not_go_unencrypted_to_another_machine() {
    let to = |url: &str| Context::new(BaseUrl::parse(url).unwrap(), ApiToken::new(TOKEN).unwrap());
    let error = to("http://engine.example").request(&user::GetMe).unwrap_err();
    assert_presentable(&error);
    assert!(matches!(&error, Error::Build(e) if e.kind() == BuildErrorKind::PlainHttp));
    assert_eq!(
        error.to_string(),
        "user.me: the token would travel unencrypted to http://engine.example; use https:// or allow plain http"
    );
    for url in ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000", "https://engine.example"] {
        assert!(to(url).request(&user::GetMe).is_ok(), "{url}");
    }
    assert!(to("http://engine.example").allow_plain_http().request(&user::GetMe).is_ok());
    // What needs no token may go anywhere.
    assert!(to("http://engine.example").request(&tensorpool_core::api::health::Healthz).is_ok());
}

#[test]
fn without_a_token_only_what_needs_none_is_built() {
    let anonymous = Context::anonymous(BaseUrl::default());
    for entry in catalog::all() {
        for example in entry.examples() {
            let built = example.request(&anonymous);
            assert_eq!(built.is_ok(), !entry.meta().authenticated, "{}", entry.meta().name);
            if let Err(error) = built {
                assert_presentable(&error);
                assert!(error.to_string().contains("the API token is missing"), "{error}");
            }
        }
    }
}

#[test]
fn an_edit_changes_something() {
    for (refusal, why) in [
        (
            refusal(cluster::EditCluster::new("c-1")),
            "cluster.edit: the edit changes nothing: set name or deletion_protection",
        ),
        (
            refusal(storage::EditStorage::new("s-1")),
            "storage.edit: the edit changes nothing: set name, size_gb or deletion_protection",
        ),
        (
            refusal(user::EditPreferences::new()),
            "user.edit_preferences: preferences are not changed: set at least one",
        ),
    ] {
        assert_eq!(refusal, why);
    }
}

#[test]
fn numbers_have_their_least() {
    for (refusal, why) in [
        (
            refusal(cluster::CreateCluster::new("8xH200").num_nodes(0)),
            "cluster.create: num_nodes must be at least 1",
        ),
        (refusal(cluster::CreateCluster::new(" ")), "cluster.create: instance_type is empty"),
        (refusal(storage::CreateStorage::new(0)), "storage.create: size must be at least 1 GB"),
    ] {
        assert_eq!(refusal, why);
    }
}

#[test]
fn thresholds_keep_the_documented_order() {
    const WARNING: &str = "user.edit_preferences: balance_warning_threshold must be more than 0 USD";
    const RELOAD: &str = "user.edit_preferences: autopay_reload_threshold must be at least 20 USD";
    const ORDER: &str =
        "user.edit_preferences: balance_warning_threshold must be more than autopay_reload_threshold";
    for (warning, reload, expected) in [
        (Some(0.01), None, Ok(())),
        (Some(0.0), None, Err(WARNING)),
        (Some(-1.0), None, Err(WARNING)),
        (Some(f64::NAN), None, Err(WARNING)),
        (Some(f64::INFINITY), None, Err(WARNING)),
        (None, Some(20.0), Ok(())),
        (None, Some(19.99), Err(RELOAD)),
        (None, Some(f64::NAN), Err(RELOAD)),
        (Some(20.01), Some(20.0), Ok(())),
        (Some(20.0), Some(20.0), Err(ORDER)),
        (Some(10.0), Some(20.0), Err(ORDER)),
    ] {
        let mut edit = user::EditPreferences::new();
        edit = warning.map_or(edit.clone(), |usd| edit.balance_warning_threshold(usd));
        edit = reload.map_or(edit.clone(), |usd| edit.autopay_reload_threshold(usd));
        let built = build(edit).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!(built, expected.map_err(str::to_owned), "{warning:?} {reload:?}");
    }
}

#[test]
fn a_threshold_can_be_cleared_beside_one_that_is_set() {
    let edit = user::EditPreferences::new().clear_balance_warning_threshold().autopay_reload_threshold(500.0);
    let body = body_of(&build(edit).unwrap()).unwrap();
    assert_eq!(body.to_string(), r#"{"autopay_reload_threshold":500.0,"balance_warning_threshold":null}"#);
}

#[test]
fn a_private_key_is_not_sent_for_a_public_one() {
    let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nopensesame\n-----END OPENSSH PRIVATE KEY-----\n";
    let why = "is a private key, which must not be sent; give the .pub file's text";
    assert_eq!(refusal(ssh_key::AddSshKey::new(pem)), format!("ssh_key.add: public_key {why}"));
    assert_eq!(
        refusal(cluster::CreateCluster::new("1xH100").public_key("ssh-ed25519 AAAA me").public_key(pem)),
        format!("cluster.create: public_keys {why}")
    );
    for key in ["", "  \n", "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two"] {
        assert!(refusal(ssh_key::AddSshKey::new(key)).starts_with("ssh_key.add: public_key "));
    }
}

#[test]
fn a_header_of_ones_own_is_checked() {
    for bad in ["two\nlines", "nul\0"] {
        let errors: [BuildError; 2] =
            [context().user_agent(bad).unwrap_err(), context().client_type(bad).unwrap_err()];
        for error in errors {
            assert!(error.to_string().ends_with("holds what a header cannot carry"), "{error}");
        }
    }
}

#[test]
fn a_volumes_name_in_place_of_its_id_is_guessed_from_a_404() {
    let hint =
        "storage.info: 404 not found: No volume corpora; storage ids begin with s-; a name does not do";
    let not_found = answer(404, r#"{"message":"No volume corpora"}"#);
    let read = |id: &str| storage::GetStorage::new(id).accept(&not_found).unwrap_err().to_string();
    assert_eq!(read("corpora"), hint);
    assert_eq!(read("s-1"), "storage.info: 404 not found: No volume corpora");
}
