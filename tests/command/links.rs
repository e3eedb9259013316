//! What the rule for downloads rests on, asked of the real rsync: links on the way to a destination are followed, others not.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Copies `from` to `to` as rsync does it when started in `dir`.
fn rsync(dir: &Path, options: &[&str], from: &Path, to: &str) {
    let from = format!("{}/", from.display());
    let run = Command::new("rsync").current_dir(dir).args(options).args([from.as_str(), to]).output();
    let output = run.expect("this test asks a real rsync; install it");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn rsync_follows_a_link_that_is_its_destination_and_none_below_it() {
    let world = tempfile::tempdir().unwrap();
    let place = |name: &str| world.path().join(name);
    for dir in ["first", "second/x", "dir", "victim"] {
        std::fs::create_dir_all(place(dir)).unwrap();
    }
    symlink(place("victim"), place("first/x")).unwrap();
    std::fs::write(place("second/x/f"), "hostile").unwrap();

    // What comes replaces the link.
    rsync(&place("dir"), &["-a"], &place("first"), "./");
    assert!(place("dir/x").is_symlink());
    rsync(&place("dir"), &["-a"], &place("second"), "./");
    assert!(!place("dir/x").is_symlink() && place("dir/x/f").exists() && !place("victim/f").exists());

    // A destination goes through it, whatever the options.
    std::fs::remove_dir_all(place("dir/x")).unwrap();
    rsync(&place("dir"), &["-a"], &place("first"), "./");
    rsync(&place("dir"), &["-r", "--no-links"], &place("second/x"), "./x/");
    assert!(place("victim/f").exists());
}
