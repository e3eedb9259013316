//! The plan of a folder with `.gitignore` files is what git itself would list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use tensorpool_client::folder::UploadPlan;

use crate::tree::Tree;

/// Few names, so that patterns meet files.
const NAMES: &[&str] = &[
    "a", "b", "ab", "A", "a.log", "b.log", "a.tmp", "build", "src", "x y", "#c", "!d", "{a,b}", "e}", "[f]",
    "é", ".h", "a-b", "b\\",
];

const PATTERNS: &[&str] = &[
    "a",
    "b",
    "/a",
    "a/",
    "/b/",
    "*.log",
    "!a.log",
    "!*.log",
    "a*",
    "*b",
    "?",
    "??",
    "*",
    "/*",
    "!*/",
    "!/src",
    "build/",
    "!build",
    "src/a",
    "src/*",
    "src/**",
    "!src/a",
    "**/b",
    "**/a/b",
    "a/**",
    "a/**/b",
    "/**/x y",
    "[ab]",
    "[!a]",
    "[^a]*",
    "[a-c]",
    "[]-]",
    "\\#c",
    "#c",
    "\\!d",
    "!d",
    "{a,b}",
    "e}",
    "\\{a*",
    "[f]",
    "\\[f\\]",
    "é",
    "*é",
    ".*",
    "!.h",
    "x y",
    "x y ",
    "x\\ y",
    "a ",
    " a",
    "",
    "/",
    "//",
    "a//b",
    "./a",
    "a/.",
    "**",
    "***",
    "a**",
    "**b",
    "!**/",
    "**/",
    "[",
    "[a",
    "b\\\\",
    "\\a",
    "b\\",
    "a-b",
    "[a-]-b",
    "[{]a*",
    "*.{log,tmp}",
    "!a/",
    "src/[ab]",
    "*/a",
    "*/*/a",
    "!*/a",
    "/src/../a",
    "A",
    "*.LOG",
    "[A-Z]",
    "*\\.log",
];

fn name(rng: &mut Rng) -> &'static str {
    NAMES[rng.usize(..NAMES.len())]
}

fn tree(rng: &mut Rng) -> Tree {
    let mut tree = Tree::new();
    let mut dirs = vec![String::new()];
    for _ in 0..rng.usize(1..6) {
        let dir = format!("{}{}/", dirs[rng.usize(..dirs.len())], name(rng));
        dirs.push(dir);
    }
    for dir in &dirs {
        for _ in 0..rng.usize(..6) {
            let path = format!("{dir}{}", name(rng));
            if fs::symlink_metadata(tree.path().join(&path)).is_err() && !dirs.contains(&format!("{path}/")) {
                tree = if cfg!(unix) && rng.u8(..12) == 0 {
                    tree.link(&path, "a")
                } else {
                    tree.file(&path, "x")
                };
            }
        }
        if dir.is_empty() || rng.u8(..3) == 0 {
            let end = if rng.u8(..8) == 0 { "\r\n" } else { "\n" };
            let lines = (0..rng.usize(..5)).map(|_| PATTERNS[rng.usize(..PATTERNS.len())].to_owned() + end);
            tree = tree.file(&format!("{dir}.gitignore"), &lines.collect::<String>());
        }
    }
    tree
}

/// What git lists, untouched by the settings of whoever runs the test.
fn listed(dir: &Path) -> BTreeSet<Vec<u8>> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES"] {
            git.env_remove(name);
        }
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", dir.join("none")).env("HOME", dir);
        git.env("XDG_CONFIG_HOME", dir.join("none"));
        let output =
            git.args(arguments).current_dir(dir).output().expect("git, which this project is kept in");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    if !dir.join(".git").exists() {
        git(&["init", "-q", "--template="]);
    }
    let listed = git(&["-c", "core.ignoreCase=false", "ls-files", "-z", "-co", "--exclude-standard"]);
    listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}

fn planned(plan: &UploadPlan) -> BTreeSet<Vec<u8>> {
    let files = plan.files().iter().map(|file| &file.path);
    let all = files.chain(plan.links().iter().map(|link| &link.path));
    all.map(|path| path.as_os_str().as_encoded_bytes().to_vec()).collect()
}

fn all_files(dir: &Path, into: &mut usize) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() != ".git" => all_files(&entry.path(), into),
            true => {}
            false => *into += 1,
        }
    }
}

fn names(set: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>) -> Vec<String> {
    set.difference(other).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

#[test]
fn the_plan_is_what_git_would_list() {
    let (mut kept, mut left_out, mut wrong) = (0, 0, Vec::new());
    for seed in 0..400 {
        let tree = tree(&mut Rng::with_seed(seed));
        let plan = tree.plan(&[]);
        let (ours, git) = (planned(&plan), listed(tree.path()));
        if ours != git {
            wrong.push(format!(
                "seed {seed}: only ours {:?}, only git's {:?}\n{plan}",
                names(&ours, &git),
                names(&git, &ours)
            ));
        }
        let mut all = 0;
        all_files(tree.path(), &mut all);
        kept += ours.len();
        left_out += all - ours.len();
        let counted: u64 = plan.left_out().iter().map(|it| it.files).sum();
        assert_eq!(
            all - ours.len(),
            usize::try_from(counted).unwrap(),
            "seed {seed}: each is left out by one rule\n{plan}"
        );
    }
    assert!(kept > 1000 && left_out > 1000, "{kept} kept, {left_out} left out");
    assert!(wrong.is_empty(), "{} of 400 differ\n{}", wrong.len(), wrong.join("\n"));
}
