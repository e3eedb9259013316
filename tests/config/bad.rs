//! Configurations that cannot be used, and how a person is told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use insta::assert_snapshot;
use tensorpool_core::job_config::{FindingKind, JobConfig, Severity};

/// What is wrong, and a file that has it.
type Case = (&'static str, &'static str);

const SYNTAX: &[Case] = &[
    ("a command without quotes", "commands = [python train.py]"),
    ("a string that is not closed", "commands = [\"python train.py]\noutputs = [\"out/\"]\n"),
    ("an array that is not closed", "commands = [\"python train.py\"\noutputs = [\"out/\"]\n"),
    ("a comma that is missing", "commands = [\"a\" \"b\"]"),
    ("a comma too many", "commands = [\"a\",, \"b\"]"),
    ("a colon in place of the equals sign", "commands: [\"a\"]"),
    ("no value", "commands ="),
    ("no key", "= [\"a\"]"),
    ("a key alone", "commands"),
    ("a key twice", "commands = [\"a\"]\noutputs = [\"x\"]\ncommands = [\"b\"]\n"),
    ("a table's name twice", "commands = [\"a\"]\n[x]\n[x]\n"),
    ("typographic quotes", "commands = [“python train.py”]"),
    ("single quotes inside single quotes", "commands = ['python -c 'print(1)'']"),
    ("an escape that is none", "commands = [\"grep \\d+ log\"]"),
    ("a Windows path in a basic string", "outputs = [\"C:\\Users\\me\"]\ncommands = [\"a\"]"),
    ("JSON", "{\"commands\": [\"a\"]}"),
    ("YAML", "commands:\n  - a\n  - b\n"),
    ("INI", "[job]\ncommands = python train.py\n"),
    ("a shell script", "#!/bin/bash\npython train.py\n"),
    ("a table header that is not closed", "commands = [\"a\"]\n[job\n"),
    ("a multi-line string that is not closed", "commands = [\"\"\"\npython train.py\n"),
    ("a line break in a basic string", "commands = [\"python\ntrain.py\"]"),
    ("a control character", "commands = [\"a\u{1}b\"]"),
    ("a comment in C's style", "// what it runs\ncommands = [\"a\"]"),
    ("Python's True", "commands = [\"a\"]\nfast = True"),
    ("two mistakes on two lines", "commands = [a]\noutputs = [b]\n"),
    ("a merge conflict", "<<<<<<< HEAD\ncommands = [\"a\"]\n=======\ncommands = [\"b\"]\n>>>>>>> b\n"),
    ("a key of an array", "commands = [\"a\"]\ncommands.x = 1\n"),
    ("a bare key with a space", "my commands = [\"a\"]"),
];

const MISSING: &[Case] = &[
    ("an empty file", ""),
    ("only comments", "# commands = [\"a\"]\n"),
    ("only outputs", "outputs = [\"out/\"]\n"),
    ("a slip in the only key", "comands = [\"python train.py\"]\n"),
    ("the singular", "command = \"python train.py\"\n"),
    ("a capital", "Commands = [\"a\"]\n"),
    ("another tool's word", "run = \"python train.py\"\nname = \"x\"\n"),
    (
        "the blog's tables",
        "[job]\nname = \"x\"\ninstance_type = \"1xH100\"\ncommands = [\"a\"]\n\n[output]\nfiles = [\"x\"]\n",
    ),
    ("a key that fell into a table", "[env]\nSEED = \"1\"\n\ncommands = [\"python train.py\"]\n"),
    (
        "early 2025",
        "optimization_priority = \"PRICE\"\ngpu = \"A100\"\ngpu_count = 2\nvcpus = 8\nmemory = 64\n",
    ),
    ("no commands", "commands = []\n"),
];

const TYPES: &[Case] = &[
    ("a string for the list", "commands = \"python train.py\"\n"),
    (
        "a script for the list",
        "commands = \"\"\"\npip install -r requirements.txt\npython train.py\n\"\"\"\n",
    ),
    ("a number", "commands = 3\n"),
    ("a float", "commands = 3.5\n"),
    ("a boolean", "commands = true\n"),
    ("a date", "commands = 2026-01-01\n"),
    ("an inline table", "commands = { run = \"a\" }\n"),
    ("a table", "[commands]\nrun = \"a\"\n"),
    ("a list of tables", "[[commands]]\nrun = \"a\"\n\n[[commands]]\nrun = \"b\"\n"),
    ("a dotted key", "commands.first = \"a\"\n"),
    ("a number among strings", "commands = [\"sleep\", 5]\n"),
    ("a list among strings", "commands = [\"a\", [\"python\", \"train.py\"]]\n"),
    ("outputs as a string", "commands = [\"a\"]\noutputs = \"out/\"\n"),
    ("ignore as a string", "commands = [\"a\"]\nignore = \"*.ckpt\"\n"),
    ("ignore with a boolean", "commands = [\"a\"]\nignore = [true]\n"),
    ("everything at once", "commands = \"a\"\noutputs = 1\nignore = [1, \"x\", false]\n"),
    ("an integer of more than 64 bits", "commands = [\"a\"]\nseed = 99999999999999999999\n"),
    ("all of a hundred and twenty", HUNDRED_AND_TWENTY),
];

const VALUES: &[Case] = &[
    ("an empty command", "commands = [\"a\", \"\"]\n"),
    ("a command of spaces", "commands = [\"  \\t\"]\n"),
    ("a NUL in a command", "commands = [\"echo \\u0000\"]\n"),
    ("an empty output", "commands = [\"a\"]\noutputs = [\"\"]\n"),
    ("an empty ignore", "commands = [\"a\"]\nignore = [\" \"]\n"),
    ("an absolute output", "commands = [\"a\"]\noutputs = [\"/root/out\"]\n"),
    ("an output above", "commands = [\"a\"]\noutputs = [\"../out\"]\n"),
    ("an output above, further in", "commands = [\"a\"]\noutputs = [\"a/../../b\"]\n"),
    ("an output above, on Windows", "commands = [\"a\"]\noutputs = ['..\\out']\n"),
    ("an output at home", "commands = [\"a\"]\noutputs = [\"~/out\"]\n"),
    ("an output on a drive", "commands = [\"a\"]\noutputs = ['C:\\out', \"d:/out\", \"e:\"]\n"),
    ("an output on a share", "commands = [\"a\"]\noutputs = ['\\\\server\\share']\n"),
    ("an output with a line break", "commands = [\"a\"]\noutputs = [\"a\\nb\"]\n"),
    ("an ignore with a bell", "commands = [\"a\"]\nignore = [\"a\\u0007\"]\n"),
    (
        "an error beside warnings",
        "instance_type = \"1xH100\"\ncommands = [\"a\"]\noutput = [\"x\"]\noutputs = [\"/x\"]\n",
    ),
    (
        "a mistake far to the right",
        "commands = [\"a\"]\noutputs = [\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\", \"/c\", \"dddddddddddddddddddddddddddddddddddddddddddddddd\"]\n",
    ),
    ("a mistake after wide characters", "commands = [\"a\"]\noutputs = [\"é\", \"日本\", \"/c\"]\r\n"),
    ("a mistake after a tab and a trick", "commands = [\"a\"]\noutputs = [\t\"\u{202e}x\", \"/c\"]\n"),
];

const HUNDRED_AND_TWENTY: &str = concat!(
    "commands = [",
    "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,",
    "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,",
    "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n"
);

/// Each case with its line and its report.
fn told(cases: &[Case]) -> String {
    let mut out = String::new();
    for (what, text) in cases {
        let error = JobConfig::parse(text).expect_err(what);
        let line = error.to_string();
        assert_eq!(line.lines().count(), 1, "{what}");
        assert!(error.errors().count() > 0 && error.findings().len() <= 100, "{what}");
        assert!(error.findings().is_sorted_by_key(|finding| finding.position()), "{what}");
        let report = error.report();
        let shown = report.split_inclusive("\n\n").take(4).collect::<String>();
        let _ = writeln!(out, "## {what}\n\n{line}\n\n{shown}");
        if shown.len() < report.len() {
            let _ = writeln!(out, "({} findings)\n", error.findings().len());
        }
    }
    out
}

#[test]
fn what_is_not_toml_is_shown_where_it_is() {
    assert_snapshot!("bad_syntax", told(SYNTAX));
}

#[test]
fn a_job_without_commands_is_told_what_was_probably_meant() {
    assert_snapshot!("bad_missing", told(MISSING));
}

#[test]
fn a_wrong_type_names_the_key_and_what_was_expected() {
    assert_snapshot!("bad_types", told(TYPES));
}

#[test]
fn a_value_that_cannot_be_says_why() {
    assert_snapshot!("bad_values", told(VALUES));
}

#[test]
fn there_are_many_of_them_and_no_two_alike() {
    let all: Vec<&Case> = [SYNTAX, MISSING, TYPES, VALUES].concat().leak().iter().collect();
    assert!(all.len() >= 60, "{}", all.len());
    assert_eq!(all.iter().map(|case| case.0).collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(all.iter().map(|case| case.1).collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn a_position_is_where_an_editor_goes_to() {
    let text = "# é\r\ncommands = [\r\n\t\"é\", 5,\r\n]\r\n";
    let error = JobConfig::parse(text).unwrap_err();
    let finding = error.errors().next().unwrap();
    assert_eq!((finding.position().line, finding.position().column), (3, 7));
    assert_eq!(finding.key_path(), Some("commands[1]"));
    assert_eq!((finding.kind(), finding.severity()), (FindingKind::Type, Severity::Error));
    assert!(error.report_as("eval.tp.toml").contains("--> eval.tp.toml:3:7"));
}

#[test]
fn one_line_and_debug_never_repeat_what_the_file_holds() {
    let text = "commands = [\"export KEY=opensesame\", 5]\noutputs = [\"/opensesame\"]\n";
    let error = JobConfig::parse(text).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("opensesame"));
    assert!(error.report().contains("opensesame"), "a report is for whoever wrote the file");
}

#[test]
fn a_flood_of_warnings_hides_no_error() {
    let mut text: String = (0..500).map(|n| format!("unknown_{n} = 1\n")).collect();
    text.push_str("commands = 1\n");
    let error = JobConfig::parse(&text).unwrap_err();
    assert_eq!(error.findings().len(), 100);
    assert_eq!(error.errors().count(), 1);
}
