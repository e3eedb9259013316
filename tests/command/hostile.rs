//! The corpus of hostile commands: each is refused, for the reason it is there for.

use std::collections::BTreeMap;

use tensorpool_core::command::judge;

use crate::support::{lines, rules};

#[test]
fn every_hostile_command_is_refused_for_its_reason() {
    let mut wrong = Vec::new();
    for line in lines("hostile") {
        let [class, purpose] = line.words.as_slice() else {
            panic!("{} has no class and purpose", line.place)
        };
        let shown: String = line.command.chars().take(120).collect();
        match judge(&line.command, &rules(purpose)) {
            Ok(judged) => wrong.push(format!("{} was accepted: {judged}", line.place)),
            Err(refusal) if refusal.reason().as_str() != class => {
                wrong.push(format!("{} {}, not {class}: {shown:?}", line.place, refusal.reason().as_str()));
            }
            Err(refusal) => assert_eq!(refusal.exit_code(), 126),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_command_that_is_hostile_in_one_place_is_not_accepted_for_another_by_what_is_hostile_in_it() {
    // The other direction of a copy is the only thing in the corpus that is fine elsewhere.
    for line in lines("hostile") {
        for purpose in ["push", "pull", "ssh"] {
            if let Ok(judged) = judge(&line.command, &rules(purpose)) {
                let class = &line.words[0];
                assert!(class == "direction" || class == "program", "{} as {purpose}: {judged}", line.place);
                assert_ne!(purpose, line.words[1], "{}", line.place);
            }
        }
    }
}

#[test]
fn the_corpus_is_as_big_as_it_claims_and_has_no_line_twice() {
    let lines = lines("hostile");
    assert!(lines.len() >= 900, "{}", lines.len());
    let mut seen = BTreeMap::new();
    for line in &lines {
        if let Some(other) = seen.insert((&line.words[1], &line.command), &line.place) {
            panic!("{} repeats {other}", line.place);
        }
    }
}
