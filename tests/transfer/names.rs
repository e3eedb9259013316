//! Names a hostile server may choose: nothing is written outside, and the harmless rest arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use tensorpool_client::core::flow::RetryBudget;
use tensorpool_client::core::transfer::{BadName, Existing, Refusal, RelPath, Transfer, TransferPolicy};
use tensorpool_client::download::{Download, Fate};
use tensorpool_tests::proof;

use crate::host::{Host, bytes, scratch, store, tree};

/// Names that must be refused.
fn hostile() -> BTreeSet<String> {
    let mut all: BTreeSet<String> = [
        "",
        "/",
        "//",
        "///",
        ".",
        "..",
        "./",
        "../",
        "/.",
        "/..",
        "./a",
        "a/.",
        "a/..",
        "a/./b",
        "a//b",
        "a/",
        "/etc/passwd",
        "//etc/passwd",
        "/root/.ssh/authorized_keys",
        "/dev/null",
        "/proc/self/mem",
        "/tmp/x",
        "~/../x",
        "a/../../x",
        "a/b/../../../x",
        "..//x",
        ".//..//x",
        "a/..//../x",
        "....//../x",
        "x/../../../../../../../../etc/cron.d/x",
        "\\",
        "\\\\",
        "\\\\host\\share\\x",
        "\\\\?\\C:\\x",
        "\\\\.\\PhysicalDrive0",
        "//?/C:/x",
        "//host/share/x",
        "a\\b",
        "..\\x",
        "a\\..\\..\\x",
        "a/..\\..\\x",
        "..\\../x",
        "\\x",
        "\\Windows\\System32\\x",
        "a\\/b",
        "..%2f\\x",
        "C:",
        "C:x",
        "C:\\x",
        "C:/x",
        "c:/x",
        "z:x",
        "C:../x",
        "C:\\..\\x",
        "A:/",
        "d:",
        "\0",
        "a\0b",
        "a\0/../x",
        "a\n",
        "a\nb",
        "a\rb",
        "a\tb",
        "\u{1b}[2Ja",
        "a\u{7f}",
        "a\u{80}",
        "a\u{9b}b",
        "\u{1}/x",
        "x\u{85}y",
        "\u{b}",
        "a\u{202e}txt.exe",
        "a\u{200b}",
        "\u{200b}/x",
        ".\u{200b}.",
        ".\u{200d}./x",
        "a\u{2028}b",
        "a\u{2066}b",
        "\u{feff}a",
        "a\u{ad}b",
        "a\u{e0001}b",
        "a\u{3164}b",
        "a\u{fe0f}",
        "\u{200e}..\u{200e}",
        "a.",
        "a..",
        "...",
        "....",
        "a ",
        " a",
        " ",
        "  ",
        "a /b",
        "a./b",
        " /x",
        ". ",
        ".. ",
        "..  /x",
        ". ./x ",
        "a. ",
        "a/ b",
        ".. /x",
        "..\u{20}/..\u{20}/x",
        "..../x",
        ".../x",
        ".x.tp-part",
        "x.tp-part",
        "sub/.a.0000000000000000.tp-part",
        ".A.TP-PART",
        "x.record.tp-part",
        "x.tp-part/y",
        ".tp-part",
        ".git",
        ".git/config",
        ".git/hooks/pre-commit",
        ".GIT/hooks/post-checkout",
        ".gIt",
        "sub/.git/hooks/pre-push",
        "sub/.Git",
        "a/b/.git/config",
        "git~1",
        "GIT~1/hooks/pre-commit",
        "sub/Git~1/config",
        ".git::$INDEX_ALLOCATION/hooks/x",
        ".git:x",
        "git~1::$INDEX_ALLOCATION",
        ".git./config",
        ".git /config",
        ".g\u{200c}it/config",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    for depth in 1..=12 {
        all.insert(format!("{}escaped", "../".repeat(depth)));
        all.insert(format!("ok/{}escaped", "../".repeat(depth + 1)));
        all.insert(format!("{}escaped", "..\\".repeat(depth)));
        all.insert(format!("{}..", "a/".repeat(depth)));
    }
    for device in [
        "con", "prn", "aux", "nul", "conin$", "conout$", "clock$", "com1", "COM9", "lpt1", "LPT9", "com0",
        "com¹", "lpt³",
    ] {
        for shape in ["{}", "{}.txt", "{}.tar.gz", "sub/{}", "{}/x", "{} .txt", "{}:x", "{}.a/b"] {
            all.insert(shape.replace("{}", device));
            all.insert(shape.replace("{}", &device.to_uppercase()));
        }
    }
    for length in [256, 1_000, 1_025, 4_096, 5_000, 70_000] {
        all.insert("a".repeat(length));
        all.insert("é".repeat(length / 2 + 1));
        all.insert("a/".repeat(length) + "x");
    }
    // The last one of these is short enough for a name, and harmless.
    all.remove(&("a/".repeat(256) + "x"));
    all
}

/// Names that look odd and are harmless.
const HARMLESS: &[&str] = &[
    "model.pt",
    "..a",
    "...a",
    "a..b",
    ".hidden",
    ".gitignore",
    ".github/x",
    "x.git/config",
    "git/config",
    "git~10",
    "-rf",
    "--delete",
    "~",
    "~root/x",
    "$HOME",
    "`id`",
    "$(id)",
    "a;b",
    "a|b",
    "a&b",
    "a'b",
    "a\"b",
    "a b/c d",
    "2026-01-01T10:00:00.log",
    "%2e%2e%2fx",
    "..%2fx",
    "a%00b",
    "ünïcödé/文件.txt",
    "日本.txt",
    "日本語.txt",
    "console.log",
    "com10",
    "com",
    "lpt",
    "nul1",
    "auxiliary/x",
    "a*b?",
    "<x>",
    "#x",
    "x=y",
    "@x",
    "+x",
    "{a,b}",
    "[a]",
    "!x",
    "com1x.txt",
];

#[test]
fn hostile_names_write_nothing_outside_and_the_rest_arrives() {
    let hostile = hostile();
    assert!(hostile.len() >= 200, "{}", hostile.len());
    let parent = scratch();
    std::fs::write(parent.path().join("canary"), "untouched").unwrap();
    let inside = parent.path().join("deep/inside");
    let names: Vec<&str> = hostile.iter().map(String::as_str).chain(HARMLESS.iter().copied()).collect();
    let host = Host::new(&names, |_, request| store(&bytes(300), "\"v1\"", request));
    let report = host.run(Download::into(&inside));
    assert_eq!(report.files.len(), names.len());
    for file in &report.files {
        match &file.fate {
            Fate::Refused(Refusal::Name(_)) => assert!(hostile.contains(&*file.name), "{:?}", file.name),
            Fate::Complete { bytes: 300 } => assert!(HARMLESS.contains(&&*file.name), "{:?}", file.name),
            other => panic!("{:?}: {other}", file.name),
        }
    }
    let mut expected: BTreeMap<String, u64> =
        HARMLESS.iter().map(|name| (format!("deep/inside/{name}"), 300)).collect();
    expected.insert("canary".to_owned(), 9);
    assert_eq!(tree(parent.path()), expected);
}

#[test]
fn a_name_that_passes_leads_only_down() {
    // Every string of up to five of the characters that names are made of, and all made of hostile pieces.
    let pieces = ["a", ".", "/", "\\", ":", " ", "\0", "..", "C", "nul", "é", "\u{301}", "\u{202e}", "-"];
    let mut passed = 0;
    let mut count = 0;
    let mut all = vec![String::new()];
    for _ in 0..5 {
        let longer: Vec<String> =
            all.iter().flat_map(|name| pieces.iter().map(move |piece| format!("{name}{piece}"))).collect();
        for name in &longer {
            count += 1;
            let Ok(path) = RelPath::parse(name) else { continue };
            passed += 1;
            assert_eq!(path.as_str(), name, "it is taken as it is or not at all");
            let parts: Vec<_> = Path::new(name).components().collect();
            assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))), "{name:?}");
            assert_eq!(parts.len(), path.parts().count(), "{name:?}");
            assert_eq!(path.directories().count() + 1, parts.len(), "{name:?}");
            assert!(!name.contains(['\\', '\0']) && !name.starts_with("C:") && !name.starts_with("a:"));
        }
        all = longer;
    }
    assert!(count > 500_000 && passed > 10_000, "{passed} of {count}");
}

#[test]
fn of_names_that_are_one_to_some_file_system_the_first_is_taken() {
    for (first, second) in [
        ("A", "a"),
        ("Readme.md", "readme.MD"),
        ("STRASSE", "straße"),
        ("Σ", "ς"),
        ("K", "\u{212a}"),
        ("É", "é"),
        ("e\u{301}", "é"),
        ("cafe\u{301}.txt", "café.txt"),
        ("Å", "\u{212b}"),
        ("각", "\u{1100}\u{1161}\u{11a8}"),
        ("が", "か\u{3099}"),
        ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        ("豈", "\u{f900}"),
        ("a", "a/b"),
        ("A/x", "a/y"),
        ("A", "a/b"),
        ("cafe\u{301}/x", "café/y"),
    ] {
        let mut names = [first, second];
        names.sort_unstable();
        let dir = scratch();
        let host = Host::new(&names, |_, request| store(&bytes(9), "\"v1\"", request));
        let report = host.run(Download::into(dir.path()));
        assert!(report.files[0].fate.is_good(), "{names:?}");
        match &report.files[1].fate {
            Fate::Refused(Refusal::Name(BadName::Collides(with))) => {
                assert_eq!(with, names[0].split('/').next().unwrap())
            }
            other => panic!("{names:?}: {other}"),
        }
        assert_eq!(tree(dir.path()).len(), 1);
    }
}

#[test]
fn names_that_only_look_alike_all_arrive() {
    let names = [
        "ö",
        "ü",
        "文",
        "件",
        "a/é",
        "a/ü",
        "b/é",
        "шаг1",
        "шаг2",
        "निष्पादन",
        "परिणाम",
        "각",
        "결과",
        "e\u{301}1",
        "o\u{301}2",
        "cafe\u{301}/a",
        "cafe\u{301}/b",
    ];
    let dir = scratch();
    let host = Host::new(&names, |_, request| store(&bytes(9), "\"v1\"", request));
    let report = host.run(Download::into(dir.path()));
    assert!(report.is_complete(), "{:?}", report.missing().collect::<Vec<_>>());
    assert_eq!(tree(dir.path()).len(), names.len());
}

#[test]
fn many_unusual_names_take_no_time() {
    let names: Vec<String> = (0..20_000_u32)
        .map(|n| {
            (0..6)
                .map(|at| format!("{}\u{301}", char::from(b'a' + u8::try_from(n >> (at * 3) & 7).unwrap())))
                .collect()
        })
        .collect();
    let map = names.iter().map(|name| (name.clone(), None)).collect();
    let (policy, budget) = (TransferPolicy::default(), RetryBudget::new());
    let started = std::time::Instant::now();
    let transfer = Transfer::new(&map, Existing::Refuse, policy, budget, 0);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert_eq!(transfer.finish().len(), names.len());
}

#[test]
fn a_file_system_that_takes_two_names_for_one_is_found_out() {
    // A second name for a file that this download has placed stands in for a file system that folds what we do not.
    let dir = scratch();
    let (one, two) = (dir.path().join("1"), dir.path().join("2"));
    let host = Host::new(&["1", "2"], move |number, request| {
        if number == 1 {
            std::fs::hard_link(&one, &two).unwrap();
        }
        store(&bytes(9 + number), "\"v1\"", request)
    });
    let mut policy = TransferPolicy::default();
    policy.files = 1;
    let report = host.run(Download::into(dir.path()).policy(policy).existing(Existing::Overwrite));
    assert!(
        matches!(&report.files[1].fate, Fate::Refused(Refusal::Name(BadName::Collides(_)))),
        "{report:?}"
    );
    assert_eq!(std::fs::read(dir.path().join("1")).unwrap(), bytes(9));
}

/// What names are made of, harmless and not.
const PIECES: &[&str] = &[
    "a", "b", "model", ".pt", ".", "..", "/", "/", "//", "\\", ":", "C:", " ", "\0", "\n", "nul", "com1",
    ".git", "~1", ".tp-part", "é", "e\u{301}", "ß", "K", "\u{212a}", "\u{202e}", "\u{200b}", "%2e", "-", "~",
    "$", "*", "?", "文", "\u{ff0e}", "\u{2215}", "\u{2024}", "AUX", "LPT9", "...", "x.y", "0", "_", "\u{7f}",
    "\u{85}", "\u{feff}",
];

#[test]
fn of_names_made_at_random_none_is_written_outside() {
    let generated = proof::count(300_000, 10_000_000);
    let mut rng = fastrand::Rng::with_seed(0x7e_11);
    let (mut passed, mut placed, mut batch) = (0_usize, 0, BTreeSet::new());
    for _ in 0..generated {
        let name: String = (0..rng.usize(1..9)).map(|_| PIECES[rng.usize(..PIECES.len())]).collect();
        let Ok(path) = RelPath::parse(&name) else { continue };
        tensorpool_tests::targets::names::check(&name, &path);
        passed += 1;
        // Some of them are put in their places, in a directory of their own below one that is watched.
        if passed % (generated / 3_000) == 0 {
            batch.insert(name);
        }
        if batch.len() == 200 {
            placed += place(&std::mem::take(&mut batch));
        }
    }
    assert!(passed > generated / 50 && placed > 200, "{passed} passed, {placed} were placed");
    proof::figure(
        "no name the server makes up is written outside",
        format!("{generated} names, {passed} passed, {placed} of them written, 0 outside"),
        "cargo test -p tensorpool-tests --test transfer made_at_random",
    );
}

/// Downloads these names, and says how many arrived.
fn place(names: &BTreeSet<String>) -> usize {
    let parent = scratch();
    std::fs::write(parent.path().join("canary"), "untouched").unwrap();
    let inside = parent.path().join("deep/inside");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let host = Host::new(&names, |_, request| store(&bytes(3), "\"v1\"", request));
    let report = host.run(Download::into(&inside));
    let good: BTreeSet<_> = report.files.iter().filter(|f| f.fate.is_good()).map(|f| &*f.name).collect();
    let there = tree(parent.path());
    let expected: BTreeSet<_> =
        good.iter().map(|name| format!("deep/inside/{name}")).chain(["canary".to_owned()]).collect();
    assert_eq!(there.into_keys().collect::<BTreeSet<_>>(), expected);
    good.len()
}
