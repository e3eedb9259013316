//! The plan of a folder with `.gitignore` files is what git itself would list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use fastrand::Rng;
use tensorpool_client::folder::{RuleSource, UploadPlan};

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
                tree = if rng.u8(..12) == 0 { tree.link(&path, "a") } else { tree.file(&path, "x") };
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

/// Runs git in `dir` of the tree, untouched by the settings of whoever runs the test.
fn git(tree: &Tree, dir: &Path, arguments: &[&str]) -> Output {
    let mut git = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES"] {
        git.env_remove(name);
    }
    let none = tree.path().join(".git/none");
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", &none)
        .env("HOME", &none)
        .env("XDG_CONFIG_HOME", &none);
    git.args(arguments).current_dir(dir).output().expect("git, which this project is kept in")
}

/// What git lists in `dir`; `None` if it ignores the whole of it.
fn listed(tree: &Tree, dir: &Path) -> Option<BTreeSet<Vec<u8>>> {
    if dir == tree.path() {
        assert!(git(tree, dir, &["init", "-q", "--template="]).status.success());
    } else if git(tree, tree.path(), &["check-ignore", "-q", dir.to_str().unwrap()]).status.success() {
        return None;
    }
    let output =
        git(tree, dir, &["-c", "core.ignoreCase=false", "ls-files", "-z", "-co", "--exclude-standard"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = output.stdout.split(|byte| *byte == 0);
    Some(names.filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
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

fn difference(ours: &BTreeSet<Vec<u8>>, git: &BTreeSet<Vec<u8>>) -> String {
    format!("only ours {:?}, only git's {:?}", names(ours, git), names(git, ours))
}

fn names(set: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>) -> Vec<String> {
    set.difference(other).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// Trees that are made and compared.
const TREES: u64 = 400;

#[test]
fn the_plan_is_what_git_would_list() {
    let (mut kept, mut left_out, mut wrong) = (0, 0, Vec::new());
    for seed in 0..TREES {
        let tree = tree(&mut Rng::with_seed(seed));
        let git = listed(&tree, tree.path()).unwrap();
        let plan = tree.plan(&[]);
        let ours = planned(&plan);
        if ours != git {
            wrong.push(format!("seed {seed}: {}\n{plan}", difference(&ours, &git)));
        }
        let mut all = 0;
        all_files(tree.path(), &mut all);
        kept += ours.len();
        left_out += all - ours.len();
        let counted: u64 =
            plan.left_out().iter().filter(|it| it.rule.source != RuleSource::Always).map(|it| it.files).sum();
        assert_eq!(
            all - ours.len(),
            usize::try_from(counted).unwrap(),
            "seed {seed}: each is left out by one rule\n{plan}"
        );
    }
    assert!(kept > 1000 && left_out > 1000, "{kept} kept, {left_out} left out");
    assert!(wrong.is_empty(), "{} of {TREES} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn so_is_that_of_a_folder_inside_a_repository() {
    let (mut compared, mut by_those_above, mut wrong) = (0, 0, Vec::new());
    for seed in 0..TREES {
        let tree = tree(&mut Rng::with_seed(seed));
        listed(&tree, tree.path()).unwrap();
        let Some(dir) = first_dir(tree.path()) else { continue };
        let Some(git) = listed(&tree, &tree.path().join(&dir)) else { continue };
        let plan = tree.plan_of(&dir, &[]);
        let ours = planned(&plan);
        compared += 1;
        let above =
            |rule: &RuleSource| matches!(rule, RuleSource::File { path, .. } if path.starts_with(".."));
        by_those_above += usize::from(plan.left_out().iter().any(|it| above(&it.rule.source)));
        if ours != git {
            wrong.push(format!("seed {seed}, {dir}: {}\n{plan}", difference(&ours, &git)));
        }
    }
    assert!(compared > 100 && by_those_above > 20, "{compared} compared, {by_those_above} with rules above");
    assert!(wrong.is_empty(), "{} of {compared} differ\n{}", wrong.len(), wrong.join("\n"));
}

fn first_dir(dir: &Path) -> Option<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let dirs = entries.filter(|entry| entry.file_type().unwrap().is_dir() && entry.file_name() != ".git");
    dirs.map(|entry| entry.file_name().into_string().unwrap()).min()
}
