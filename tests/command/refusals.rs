//! What a person is told: one line for each reason.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tensorpool_core::command::{Rules, judge, words};

use crate::support::{lines, rules};

#[test]
fn there_is_one_clear_line_for_each_reason() {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for line in lines("hostile") {
        let refusal = judge(&line.command, &rules(&line.words[1])).unwrap_err();
        // One of each, and one of each within the line after `-e`.
        if seen.insert((refusal.reason().as_str(), refusal.enclosing_word().is_some())) {
            let command: String = line.command.chars().take(80).collect();
            writeln!(text, "{command:?}\n  {refusal}").unwrap();
        }
    }
    let other = judge("rsync ./ u@h:/x", &Rules::push("/p").remote_host("g")).unwrap_err();
    writeln!(text, "\"rsync ./ u@h:/x\"\n  {other}").unwrap();
    insta::assert_snapshot!("refusals", text);
}

#[test]
fn a_refusal_is_one_line_whatever_the_command_holds() {
    for line in lines("hostile") {
        let refusal = judge(&line.command, &rules(&line.words[1])).unwrap_err();
        let shown = refusal.to_string();
        assert!(
            shown.chars().count() < 250 && !shown.chars().any(char::is_control),
            "{}: {shown}",
            line.place
        );
        assert!(!shown.contains(['\u{202e}', '\u{202a}', '\u{2066}']), "{}", line.place);
    }
}

#[test]
fn a_refusal_repeats_no_signature_and_no_bearer_token() {
    for command in [
        "rsync 'https://files.example/x?X-Amz-Signature=canary' ./",
        "curl 'https://files.example/x?sig=canary'",
        "'curl -H \"Authorization: Bearer canary\"'",
        "rsync -e 'ssh https://files.example/x\\?sig=canary' ./ u@h:/x",
        "https://files.example/x?sig=canary",
    ] {
        for rules in [Rules::push("/p"), Rules::pull("/p"), Rules::ssh()] {
            let refusal = judge(command, &rules).unwrap_err();
            assert!(!format!("{refusal} {refusal:?}").contains("canary"), "{refusal:?}");
        }
    }
}

#[test]
fn a_refusal_says_which_word_of_which_command() {
    let rules = Rules::push("/p");
    let refusal = judge("rsync ./ u@h:/x && rsync -a --delete ./ u@h:/x", &rules).unwrap_err();
    assert_eq!((refusal.part(), refusal.word(), refusal.enclosing_word()), (2, Some((3, "--delete")), None));
    let refusal = judge("rsync -e 'ssh -p 22 -A' ./ u@h:/x", &rules).unwrap_err();
    assert_eq!((refusal.part(), refusal.word(), refusal.enclosing_word()), (1, Some((4, "-A")), Some(3)));
    let refusal = judge("", &rules).unwrap_err();
    assert_eq!((refusal.part(), refusal.word()), (1, None));
}

#[test]
fn words_are_those_of_one_command() {
    assert_eq!(words(r#"a  'b c' "d\"e" f\ g '' ~/h"#).unwrap(), ["a", "b c", "d\"e", "f g", "", "~/h"]);
    assert_eq!(words("a && b").unwrap_err().reason().as_str(), "shell");
    assert_eq!(words(" ").unwrap_err().reason().as_str(), "empty");
}
