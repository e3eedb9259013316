//! Every answer in the fixtures, read.

use std::collections::BTreeSet;

use tensorpool_core::catalog;
use tensorpool_core::error::Error;
use tensorpool_tests::{Fixture, fixtures, fixtures_dir, names_in};

use crate::round_trip::written_back;
use crate::support::{accept, assert_presentable, facts, snapshot, snapshots_dir};

fn shown(fixture: &Fixture) -> String {
    let read = accept(&fixture.endpoint, &fixture.response);
    if let Err(error) = &read {
        assert_presentable(error);
    }
    match (fixture.age(), read) {
        ("today" | "tomorrow", Ok(value)) => match written_back(&fixture.endpoint, &fixture.response) {
            Some(json) => format!("{value}\n\nwritten back: {json:#}\n"),
            None => format!("{value}\n\nholds secrets: not written back\n"),
        },
        ("broken", Err(error @ Error::Decode(_))) | ("error", Err(error @ Error::Api(_))) => facts(&error),
        (age, read) => panic!("{} is {age} and reads as {read:?}", fixture.name()),
    }
}

fn snapshot_name(fixture: &Fixture) -> String {
    format!("answer__{}__{}", fixture.endpoint, fixture.case)
}

#[test]
fn every_answer_is_read_as_it_was() {
    for fixture in fixtures() {
        snapshot(&snapshot_name(&fixture), &shown(&fixture));
    }
}

#[test]
fn every_answer_snapshot_has_a_fixture() {
    let kept: BTreeSet<_> =
        names_in(&snapshots_dir()).into_iter().filter(|f| f.starts_with("answer__")).collect();
    let expected: BTreeSet<_> = fixtures().iter().map(|f| format!("{}.snap", snapshot_name(f))).collect();
    assert_eq!(kept, expected);
}

#[test]
fn every_endpoint_has_answers_of_all_three_ages() {
    let have: BTreeSet<_> = fixtures().iter().map(|f| (f.endpoint.clone(), f.age().to_owned())).collect();
    for entry in catalog::all() {
        for age in ["today", "tomorrow", "broken"] {
            let name = entry.meta().name;
            assert!(have.contains(&(name.to_owned(), age.to_owned())), "{name} has no fixture `{age}`");
        }
    }
}

#[test]
fn every_fixture_directory_is_an_endpoints() {
    for name in names_in(&fixtures_dir()) {
        assert!(catalog::find(&name).is_some(), "fixtures/{name} names no endpoint");
    }
}

#[test]
fn today_has_the_documented_status() {
    for fixture in fixtures().into_iter().filter(|f| f.case == "today") {
        assert_eq!(fixture.response.status().as_u16(), fixture.meta().success, "{}", fixture.name());
    }
}

/// The examples of the project's description of the API, WebSocket frames aside.
#[rustfmt::skip]
const SAMPLES: [&str; 57] = [
    "healthz", "health_ok", "health_outdated_cli", "me", "unauthorized", "job_init", "job_list", "job_info",
    "job_info_pending", "job_not_found", "job_cancel", "job_cancel_already", "job_pull_urls", "job_pull_dry_run",
    "job_pull_rsync", "job_delete", "cluster_create", "cluster_create_intro_excerpt", "cluster_create_no_balance",
    "cluster_create_422", "cluster_destroy", "cluster_destroy_protected", "cluster_list_empty", "cluster_list",
    "cluster_info", "cluster_edit", "cluster_quote", "cluster_operations", "storage_create", "storage_destroy",
    "storage_attach", "storage_detach", "storage_list", "storage_info", "storage_edit", "storage_quote",
    "object_storage_enable", "object_storage_disable", "object_storage_credentials", "object_storage_rotate",
    "object_storage_configure_aws", "object_storage_configure_rclone", "bucket_list", "bucket_create", "bucket_delete",
    "ssh", "user_info", "ssh_key_add", "ssh_key_list", "ssh_key_remove", "preferences_get", "preferences_patch",
    "organization_info", "request_pending", "request_processing", "request_completed", "request_failed",
];

#[test]
fn every_documented_example_has_a_fixture_of_its_shape() {
    let mut covered: Vec<_> = fixtures().into_iter().filter_map(|f| f.sample).collect();
    let mut samples: Vec<_> = SAMPLES.iter().map(|&name| name.to_owned()).collect();
    covered.sort();
    samples.sort();
    assert_eq!(covered, samples);
}
