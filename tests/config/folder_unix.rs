//! What a folder may hold on Unix only: links, names of any bytes, sockets, and what may not be read.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::Command;

use insta::assert_snapshot;
use tensorpool_client::folder::{Folder, Reach, Warning};
use tensorpool_core::job_config::JobConfig;

use crate::tree::{Tree, files};

#[test]
fn links_are_listed_not_followed_and_judged_by_where_they_lead() {
    let tree = Tree::new()
        .files(&[("outside", 9), ("f/data/a.bin", 5), ("f/sub/x", 1)])
        .link("f/dir", "data")
        .link("f/file", "data/a.bin")
        .link("f/sub/up", "../data/a.bin")
        .link("f/sub/out", "../../outside")
        .link("f/absolute", "/etc/hostname")
        .link("f/missing", "nowhere")
        .link("f/missing_out", "../nowhere")
        .link("f/self", "self")
        .link("f/top", ".")
        .link("f/through", "sub/out")
        .link("f/back", "../f/data")
        .link("f/left.log", "data");
    let plan = tree.plan_of("f", &["*.log"]);
    assert_eq!(files(&plan), ["data/a.bin", "sub/x"], "no link was followed");
    let reached: Vec<_> = plan.links().iter().map(|link| (link.path.to_str().unwrap(), link.reach)).collect();
    assert_eq!(
        reached,
        [
            ("absolute", Reach::Outside),
            ("back", Reach::Outside),
            ("dir", Reach::Inside),
            ("file", Reach::Inside),
            ("missing", Reach::Missing),
            ("missing_out", Reach::Outside),
            ("self", Reach::Missing),
            ("sub/out", Reach::Outside),
            ("sub/up", Reach::Inside),
            ("through", Reach::Outside),
            ("top", Reach::Inside),
        ]
    );
    let report = plan.to_string().replace(&tree.path().display().to_string(), "TEMP");
    assert_snapshot!("folder_links", report);
}

#[test]
fn a_pattern_for_directories_does_not_match_a_link_to_one() {
    let tree = Tree::new().files(&[("d/x", 1)]).link("l", "d").file(".gitignore", "l/\nd/\n");
    let plan = tree.plan(&[]);
    assert_eq!(plan.links().len(), 1);
    assert_eq!(files(&plan), [".gitignore"]);
}

#[test]
fn the_folder_itself_may_be_a_link() {
    let tree = Tree::new().files(&[("real/a", 1), ("real/b.log", 1)]).link("name", "real");
    let plan = tree.plan_of("name", &["*.log"]);
    assert_eq!(files(&plan), ["a"]);
    assert!(plan.root().ends_with("name"));
}

#[test]
fn an_ignore_file_that_is_a_link_is_read_only_if_it_is_ours() {
    let rules = Tree::new().file("rules", "*.log\n").files(&[("f/a.log", 1), ("f/b", 1)]);
    let tree = rules.link("f/.gitignore", "../rules");
    let plan = tree.plan_of("f", &[]);
    assert_eq!(files(&plan), ["a.log", "b"]);
    let warnings: Vec<_> = plan.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [".gitignore leads out of the folder; it is not followed", ".gitignore is not used: it is a link"]
    );
    let tree = tree.link("f/.tpignore", "../rules");
    assert_eq!(files(&tree.plan_of("f", &[])), ["b"]);
}

#[test]
fn names_of_any_bytes_are_planned_and_shown_on_one_line() {
    let tree = Tree::new()
        .file(".gitignore", "*.log\nbad*\n")
        .file("new\nline\u{1b}[2J", "1")
        .file("é 日本 🚢", "22");
    for name in [&b"l\xffatin"[..], b"x\xfe.log", b"bad\xff"] {
        fs::write(tree.path().join(OsStr::from_bytes(name)), "333").unwrap();
    }
    let plan = tree.plan(&[]);
    let names: Vec<_> = plan.files().iter().map(|file| file.path.as_os_str().as_bytes()).collect();
    assert_eq!(names, [&b".gitignore"[..], b"l\xffatin", b"new\nline\x1b[2J", "é 日本 🚢".as_bytes()]);
    assert_eq!(plan.left_out().len(), 2);
    assert_snapshot!("folder_names", tree.report(&[]));
}

#[test]
fn a_socket_is_not_uploaded_and_does_not_hang() {
    let tree = Tree::new().file("a", "");
    let _socket = UnixListener::bind(tree.path().join("s")).unwrap();
    assert!(Command::new("mkfifo").arg(tree.path().join("p")).status().unwrap().success());
    let plan = tree.plan(&[]);
    assert_eq!(files(&plan), ["a"]);
    assert_eq!(plan.warnings(), [Warning::NotAFile("p".into()), Warning::NotAFile("s".into())]);
}

/// Set in the process that plans a folder as somebody who may not read all of it.
const AS_NOBODY: &str = "TENSORPOOL_TEST_PLAN_AS_NOBODY";

/// Root may read everything, so this test starts itself again as nobody, where it is root.
#[test]
fn what_cannot_be_read_is_listed_and_does_not_stop_the_rest() {
    if let Some(dir) = std::env::var_os(AS_NOBODY) {
        print!("<<{}>>", Folder::scan(dir, &JobConfig::new(["a"])).unwrap());
        return;
    }
    let tree = Tree::new().file(".gitignore", "left/\n").files(&[
        ("a", 1),
        ("b/c", 1),
        ("closed/d", 1),
        ("left/closed/e", 1),
        ("left/f", 1),
        ("secret", 1),
        ("z", 1),
    ]);
    let mode = |path: &str, mode| {
        fs::set_permissions(tree.path().join(path), fs::Permissions::from_mode(mode)).unwrap()
    };
    for (path, bits) in [("", 0o755), ("secret", 0o000), ("closed", 0o000), ("left/closed", 0o000)] {
        mode(path, bits);
    }
    let root = fs::metadata("/proc/self").map(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0).unwrap();
    // From a place that nobody may enter too.
    let place = Tree::new();
    let program = place.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    for path in [place.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut again = Command::new(&program);
    again.args([
        "--exact",
        "--nocapture",
        "folder_unix::what_cannot_be_read_is_listed_and_does_not_stop_the_rest",
    ]);
    again.env(AS_NOBODY, tree.path()).current_dir("/");
    if root {
        again.uid(65534).gid(65534);
    }
    let output = again.output().unwrap();
    for path in ["closed", "left/closed"] {
        mode(path, 0o755);
    }
    let output = String::from_utf8(output.stdout).unwrap();
    let report = output
        .split("<<")
        .nth(1)
        .and_then(|rest| rest.split(">>").next())
        .unwrap_or_else(|| panic!("{output}"));
    assert_snapshot!("folder_unreadable", report.replace(&tree.path().display().to_string(), "FOLDER"));
}

#[test]
fn what_is_no_folder_is_an_error() {
    let tree = Tree::new().file("file", "");
    for (name, why) in [("missing", "No such file or directory"), ("file", "Not a directory")] {
        let error = Folder::scan(tree.path().join(name), &JobConfig::new(["a"])).unwrap_err().to_string();
        assert!(error.starts_with("the folder ") && error.contains(why), "{error}");
    }
}
