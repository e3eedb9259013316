//! Data and errors in each form.

use tensorpool_emulator::{Fault, Rule};

use crate::world::World;

/// A command line in each of the four forms.
fn forms(world: &World, line: &str) -> String {
    let text: String =
        ["table", "plain", "id", "json"].iter().map(|form| world.tp(&format!("{line} -o {form}"))).collect();
    world.steady(&text)
}

#[test]
fn what_there_is_is_shown_in_four_forms() {
    let (world, cluster, volume) = World::furnished();
    let lines = [
        ("cluster_list", "cluster list".to_owned()),
        ("cluster_list_instances", "cluster list --instances".to_owned()),
        ("cluster_info", format!("cluster info {cluster}")),
        ("cluster_operations", format!("cluster operations {cluster}")),
        ("storage_list", "storage list".to_owned()),
        ("storage_info", format!("storage info {volume}")),
        ("bucket_list", "object-storage bucket list".to_owned()),
        ("quote", "quote 8xH100".to_owned()),
        ("job_list", "job list".to_owned()),
        ("sshkey_list", "me sshkey list".to_owned()),
        ("me", "me".to_owned()),
    ];
    for (name, line) in lines {
        assert_printed!(format!("form_{name}"), forms(&world, &line));
    }
}

#[test]
fn a_change_shows_what_it_would_send_and_what_it_did() {
    let (world, cluster, volume) = World::furnished();
    let lines = [
        "cluster create 8xH100 --name night --deletion-protection --dry-run".to_owned(),
        format!("cluster destroy {cluster} --dry-run -o json"),
        format!("cluster edit {cluster} --name day"),
        format!("cluster detach {cluster} {volume} --wait"),
        format!("storage destroy {volume} --yes --wait -o json"),
        format!("cluster destroy {cluster} --yes --wait"),
    ];
    let text: String = lines.iter().map(|line| world.tp(line)).collect();
    assert_printed!("changes", world.steady(&text));
}

#[test]
fn an_error_is_a_line_or_an_object() {
    let world = World::new();
    let both = |line: &str| world.tp(line) + &world.tp(&format!("{line} -o json"));
    let mut text = both("cluster info c-none") + &both("cluster destroy c-none") + &both("cluster create");
    text += &world.tp_with("cluster list", "another-key");
    for status in [402, 403, 409, 422, 500] {
        let fault = world.emulator.script().add(Rule::on("storage.create", Fault::status(status)));
        text += &world.tp("storage create 100");
        assert_eq!(fault.fired(), 1, "{status} did not happen");
    }
    assert_printed!("errors", world.steady(&text));
}
