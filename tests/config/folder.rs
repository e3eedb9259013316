//! What pushing a folder would upload: every kind of rule, and every kind of thing a folder may hold.

use std::fs;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use tensorpool_client::folder::{Folder, RuleSource, Warning};
use tensorpool_core::job_config::JobConfig;

use crate::tree::{Tree, files};

/// A project as people have them.
fn project() -> Tree {
    Tree::new()
        .file(
            ".gitignore",
            "# what git does not keep\n*.pyc\n/data/\n!data/keep.txt\ncheckpoints/*\n!checkpoints/best.pt\n",
        )
        .file("src/.gitignore", "*.log\n!important.log\n")
        .file("job.tp.toml", "commands = [\"python train.py\"]\n")
        .files(&[
            (".git/objects/pack/pack-1.pack", 5000),
            (".git/HEAD", 21),
            ("train.py", 1200),
            ("src/model.py", 800),
            ("src/model.pyc", 900),
            ("src/run.log", 70),
            ("src/important.log", 60),
            ("run.log", 50),
            ("data/train.bin", 40_000),
            ("data/keep.txt", 4),
            ("src/data/small.bin", 10),
            ("checkpoints/best.pt", 3000),
            ("checkpoints/last.pt", 2000),
            ("wandb/run-1/files/output.log", 100),
            ("notes/plan.md", 30),
        ])
}

#[test]
fn a_project_with_its_gitignore() {
    assert_snapshot!("folder_project", project().report(&["wandb/", "*.md"]));
}

#[test]
fn a_tpignore_takes_the_place_of_every_gitignore() {
    let tree = project().file(".tpignore", "*.pt\n").file("src/.tpignore", "/model.py\n!x\n");
    assert_snapshot!("folder_tpignore", tree.report(&[]));
}

#[test]
fn a_tpignore_further_down_alone_is_said_to_be_of_no_use() {
    let tree = Tree::new().files(&[("a", 1), ("sub/b", 1)]).file("sub/.tpignore", "b\n");
    let plan = tree.plan(&[]);
    assert_eq!(files(&plan), ["a", "sub/.tpignore", "sub/b"]);
    assert_eq!(
        plan.warnings()[0].to_string(),
        "sub/.tpignore is not used: only one at the top of the folder makes those below it count"
    );
}

#[test]
fn an_entry_of_ignore_is_stronger_than_any_file() {
    let tree = Tree::new().file(".tpignore", "!secret\n").files(&[("secret", 1), ("open", 1)]);
    let plan = tree.plan(&["secret"]);
    assert_eq!(files(&plan), [".tpignore", "open"]);
    assert_eq!(plan.left_out()[0].rule.source, RuleSource::Config { index: 0 });
    assert_eq!(plan.left_out()[0].rule.to_string(), "secret (ignore[0])");
}

#[test]
fn an_entry_of_ignore_means_what_it_seems_to() {
    let names =
        ["!x", "#x", "a/b/c", "b/c", "x ", "x", "{p,q}", "p", "q", "K.txt", "k.txt", "d/e/f.bin", "d/f.bin"];
    let tree = names.iter().fold(Tree::new(), |tree, name| tree.file(name, "1"));
    for (entry, left_out) in [
        ("!x", &["!x"][..]),
        ("#x", &["#x"]),
        ("b/c", &["b/c"]),
        ("./b/c", &["b/c"]),
        ("/b", &["b/c"]),
        ("b", &["a/b/c", "b/c"]),
        ("x ", &["x "]),
        ("x", &["x"]),
        ("{p,q}", &["{p,q}"]),
        ("[pq]", &["p", "q"]),
        ("?.txt", &["K.txt", "k.txt"]),
        ("k.txt", &["k.txt"]),
        ("d/*.bin", &["d/f.bin"]),
        ("d/**/*.bin", &["d/e/f.bin", "d/f.bin"]),
        ("**/f.bin", &["d/e/f.bin", "d/f.bin"]),
        ("d/", &["d/e/f.bin", "d/f.bin"]),
        ("p/", &[]),
        ("../x", &[]),
        ("nothing", &[]),
        ("*", &names),
    ] {
        let taken = files(&tree.plan(&[entry]));
        let mut expected: Vec<&str> = names.iter().copied().filter(|name| !left_out.contains(name)).collect();
        expected.sort_by(|a, b| std::path::Path::new(a).cmp(std::path::Path::new(b)));
        assert_eq!(taken, expected, "{entry:?}");
    }
}

#[test]
fn an_entry_of_ignore_that_is_no_pattern_stops_the_plan() {
    let mut config = JobConfig::new(["a"]);
    config.ignore = vec!["ok".to_owned(), "[z-a]".to_owned()];
    let error = Folder::scan(Tree::new().path(), &config).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`ignore[1]` is not a pattern: error parsing glob '[z-a]': invalid range; 'z' > 'a'"
    );
}

#[test]
fn a_line_that_is_no_pattern_is_a_warning_and_the_others_count() {
    let tree = Tree::new()
        .file(".gitignore", "[z-a]\r\n*.log\r\n[[:digit:]]\n")
        .file("sub/.gitignore", "\u{feff}*.bin\n")
        .files(&[("a.log", 1), ("b", 1), ("sub/c.bin", 1)]);
    let plan = tree.plan(&[]);
    assert_eq!(files(&plan), [".gitignore", "b", "sub/.gitignore"]);
    let warnings: Vec<_> = plan.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            ".gitignore:1 is not a pattern: error parsing glob '[z-a]': invalid range; 'z' > 'a'",
            ".gitignore:3 has a class by name, which is not understood; write the letters, as in [a-z]",
        ]
    );
}

#[test]
fn a_folder_in_a_repository_follows_the_repository() {
    let tree = Tree::new()
        .file("repo/.git/info/exclude", "# mine\n*.tmp\n")
        .file("repo/.gitignore", "*.log\n/jobs/one/out\n/jobs\n")
        .file("repo/jobs/.gitignore", "!keep.log\n")
        .file(".gitignore", "train.py\n")
        .files(&[
            ("repo/jobs/one/train.py", 1),
            ("repo/jobs/one/a.log", 1),
            ("repo/jobs/one/keep.log", 1),
            ("repo/jobs/one/b.tmp", 1),
            ("repo/jobs/one/out/c", 1),
        ]);
    let plan = tree.plan_of("repo/jobs/one", &[]);
    assert_eq!(files(&plan), ["keep.log", "train.py"], "the folder itself was asked for, so it counts");
    let rules: Vec<_> = plan.left_out().iter().map(|it| it.rule.to_string()).collect();
    assert_eq!(
        rules,
        [
            "*.tmp (../../.git/info/exclude:2)",
            "*.log (../../.gitignore:1)",
            "/jobs/one/out (../../.gitignore:2)"
        ]
    );
    assert!(!files(&tree.plan_of("repo", &[])).iter().any(|file| file.starts_with("jobs")));
}

#[test]
fn git_is_left_out_wherever_and_however_it_is_written() {
    let tree = Tree::new().file(".tpignore", "!.git\n!.git/**\n").files(&[
        ("sub/.git/HEAD", 7),
        ("module/.git", 9),
        ("old/.GIT/HEAD", 5),
        (".github/ci.yml", 3),
        ("a.git/x", 1),
    ]);
    let plan = tree.plan(&[]);
    assert_eq!(files(&plan), [".github/ci.yml", ".tpignore", "a.git/x"]);
    let [git] = plan.left_out() else { panic!("{plan}") };
    assert_eq!((git.rule.to_string().as_str(), git.files, git.bytes), (".git (always)", 3, 21));
}

#[test]
fn the_largest_come_first_and_equals_in_order() {
    let tree = Tree::new().files(&[("c", 5), ("a", 5), ("b", 9), ("d", 0)]);
    let plan = tree.plan(&[]);
    let largest: Vec<_> = plan.largest(3).iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(largest, ["b", "a", "c"]);
    assert_eq!((plan.bytes(), plan.largest(99).len()), (19, 4));
}

#[test]
fn an_empty_folder_has_an_empty_plan() {
    assert_eq!(Tree::new().report(&["x"]), "0 files would be uploaded from FOLDER, 0 B\n");
}

#[test]
fn what_probably_holds_secrets_is_warned_of_unless_it_is_left_out() {
    let tree = Tree::new().file(".gitignore", "*.pem\n").files(&[
        (".env", 1),
        (".env.local", 1),
        (".env.example", 1),
        ("key.pem", 1),
        ("a/.aws/credentials", 1),
        ("a/credentials", 1),
        ("ssh/id_ed25519", 1),
        ("ssh/id_ed25519.pub", 1),
    ]);
    let secrets: Vec<_> = tree.plan(&[]).warnings().iter().map(ToString::to_string).collect();
    let expected = [".env", ".env.local", "a/.aws/credentials", "ssh/id_ed25519"];
    assert_eq!(secrets, expected.map(|path| format!("{path} probably holds secrets")));
}

#[test]
fn much_is_warned_of_only_when_it_is_more_than_the_limit() {
    let tree = Tree::new();
    // Holes: a GiB in no time.
    fs::File::create(tree.path().join("big")).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(tree.plan(&[]).warnings(), []);
    let tree = tree.file("one.more", "x");
    assert_eq!(tree.plan(&[]).warnings(), [Warning::ManyBytes((1 << 30) + 1)]);
    assert_eq!(tree.plan(&["big"]).warnings(), [], "what is left out does not count");
}

#[test]
fn twenty_thousand_files_take_a_reasonable_time() {
    let mut tree = Tree::new().file(".gitignore", "*.tmp\nskip/\n!keep/\n[0-9].log\n");
    for dir in 0..200 {
        let name = if dir % 10 == 0 { format!("d{dir}/skip") } else { format!("d{dir}/sub") };
        tree = (0..100).fold(tree, |tree, n| {
            tree.file(&format!("{name}/{n}.{}", if n % 10 == 0 { "tmp" } else { "txt" }), "x")
        });
    }
    let start = Instant::now();
    let plan = tree.plan(&["*.md"]);
    let took = start.elapsed();
    assert_eq!(plan.files().len(), 180 * 90 + 1);
    assert_eq!(plan.left_out().iter().map(|it| it.files).collect::<Vec<_>>(), [1800, 2000]);
    assert_eq!(plan.warnings(), [Warning::ManyFiles(180 * 90 + 1)]);
    assert_eq!(tree.plan(&["*.md"]), plan, "the same folder gives the same plan");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(plan.to_string().lines().count() < 40, "a report of many files is short");
}
