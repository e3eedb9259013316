//! What an honest engine may send: accepted, with the words a shell would have made.

use std::fmt::Write as _;

use tensorpool_core::command::{judge, words};

use crate::support::{lines, rules};

fn judged_with_key(purpose: &str, command: &str) -> Result<tensorpool_core::command::Judged, String> {
    let rules = rules(purpose);
    // The path the caller sent along, which an engine writes into the command.
    let key = ["/keys/my key", "/keys/id"].into_iter().find(|key| command.contains(key));
    let rules = key.into_iter().fold(rules, tensorpool_core::command::Rules::private_key);
    judge(command, &rules).map_err(|refusal| refusal.to_string())
}

#[test]
fn every_honest_command_is_accepted_as_these_words() {
    let mut text = String::new();
    for line in lines("accepted") {
        let judged = judged_with_key(&line.words[0], &line.command)
            .unwrap_or_else(|refusal| panic!("{} {:?}: {refusal}", line.place, line.command));
        writeln!(text, "{}: {}", line.words[0], line.command).unwrap();
        for run in judged.runs() {
            writeln!(text, "     {:?}", run.argv()).unwrap();
        }
    }
    insta::assert_snapshot!("accepted", text);
}

#[test]
fn what_is_shown_reads_back_as_the_same_words() {
    for line in lines("accepted") {
        let judged = judged_with_key(&line.words[0], &line.command).unwrap();
        let shown = judged.to_string();
        assert_eq!(shown.lines().count(), judged.runs().len(), "{}", line.place);
        for (run, shown) in judged.runs().iter().zip(shown.lines()) {
            assert_eq!(words(shown).unwrap(), run.argv(), "{}", line.place);
        }
    }
}

/// A shell that is asked for its words gets the same ones: `printf '%s\0'` in place of the program.
#[cfg(unix)]
#[test]
fn a_real_shell_makes_the_same_words() {
    for line in lines("accepted") {
        let judged = judged_with_key(&line.words[0], &line.command).unwrap();
        // Where a shell would put a home directory, ours leaves the tilde for ssh; that is not comparable.
        if line.command.contains(" ~/") || line.command.contains("=~/") {
            continue;
        }
        let mut script = line.command.clone();
        for run in judged.runs() {
            script = script.replacen(&format!("{} ", run.program()), "printf '%s\\0' ", 1);
        }
        let script = script.replace("'rsync' ", "printf '%s\\0' ");
        let output = std::process::Command::new("sh").arg("-c").arg(&script).output().unwrap();
        assert!(output.status.success(), "{script}");
        let theirs = String::from_utf8(output.stdout).unwrap();
        let ours: String =
            judged.runs().iter().flat_map(|run| run.args()).map(|arg| format!("{arg}\0")).collect();
        assert_eq!(ours, theirs, "{}", line.place);
    }
}
