//! What must hold for whatever is accepted, said anew and without the tables of the judge.

use tensorpool_core::command::{Judged, Program, Run, words};

/// The directory all of these commands push and pull.
pub const DIR: &str = "/home/ada/train";

/// Fails unless every run is harmless.
pub fn check(command: &str, judged: &Judged) {
    assert!(!judged.runs().is_empty());
    for run in judged.runs() {
        let argv = run.argv();
        assert!(["rsync", "ssh"].contains(&argv[0]), "{command:?}");
        let shown = run.to_string();
        assert_eq!(words(&shown).unwrap(), argv, "{command:?}");
        assert!(!shown.chars().any(|c| c.is_control() || c.is_whitespace() && c != ' '), "{command:?}");
        match run.program() {
            Program::Rsync => rsync(command, run, judged.runs().len()),
            _ => ssh(command, &argv[1..], true),
        }
    }
}

/// Names of which rsync has options that are dangerous, in any form it may read.
const RSYNC_DENIED: &[&str] = &[
    "--del",
    "--remove",
    "--rsync-path",
    "--remote-option",
    "--daemon",
    "--config",
    "--server",
    "--sender",
    "--log-file",
    "--temp-dir",
    "--backup",
    "--write",
    "--only-write",
    "--files-from",
    "--from0",
    "--exclude-from",
    "--include-from",
    "--password-file",
    "--early-input",
    "--copy",
    "--link-dest",
    "--compare-dest",
    "--read-batch",
    "--inplace",
    "--append",
    "--keep-dirlinks",
    "--trust-sender",
    "--cvs-exclude",
    "--force",
    "--chmod",
    "--super",
];

fn rsync(command: &str, run: &Run, runs: usize) {
    let mut operands: Vec<&str> = Vec::new();
    let mut args = run.args().iter().map(String::as_str);
    let mut only_operands = false;
    while let Some(arg) = args.next() {
        if only_operands || !arg.starts_with('-') {
            operands.push(arg);
        } else if arg == "--" {
            only_operands = true;
        } else if let Some(long) = arg.strip_prefix("--") {
            assert!(!RSYNC_DENIED.iter().any(|denied| arg.starts_with(denied)), "{command:?}");
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let takes = [
                "bwlimit",
                "compress-level",
                "contimeout",
                "exclude",
                "filter",
                "include",
                "info",
                "max-size",
            ];
            let takes_too = ["min-size", "partial-dir", "port", "rsh", "timeout"];
            if takes.contains(&name) || takes_too.contains(&name) {
                let value = attached.or_else(|| args.next()).unwrap();
                operand(command, name, value);
            }
        } else {
            let letters = &arg[1..];
            let end = letters.find(['e', 'f']).unwrap_or(letters.len());
            assert!(!letters[..end].contains(|c: char| "bTKFCLk0MABNRUXy@".contains(c)), "{command:?}");
            if let Some(letter) = letters[end..].chars().next() {
                let attached = Some(&letters[end + 1..]).filter(|value| !value.is_empty());
                let value = attached.or_else(|| args.next()).unwrap();
                operand(command, if letter == 'e' { "rsh" } else { "filter" }, value);
            }
        }
    }
    assert!(operands.len() >= 2, "{command:?}");
    let is_remote = |operand: &str| operand.split('/').next().unwrap().contains(':');
    let (last, sources) = operands.split_last().unwrap();
    if sources.iter().all(|source| is_remote(source)) {
        assert_eq!(runs, 1, "{command:?}");
        let names: Vec<_> = last.split('/').filter(|name| !["", "."].contains(name)).collect();
        assert!(names.is_empty() || format!("/{}", names.join("/")) == DIR, "{command:?}");
    }
    let remotes = operands.iter().filter(|operand| is_remote(operand)).count();
    assert!(remotes > 0 && remotes < operands.len(), "{command:?}");
    for operand in operands {
        let place = operand.split_once('@').map_or(operand, |(_, place)| place).to_ascii_lowercase();
        let host = place.split_once(':').map_or("", |(host, _)| host);
        let here = ["localhost", "0.0.0.0"].contains(&host)
            || place.starts_with("[::1]:")
            || host.starts_with("127.") && host.parse::<std::net::Ipv4Addr>().is_ok();
        let daemon = place.contains("]::") || place.contains("::") && !place.starts_with('[');
        assert!(!is_remote(operand) || !here || daemon, "{command:?}");
        assert!(!operand.starts_with('-'), "{command:?}");
        if !is_remote(operand) {
            let names: Vec<_> = operand.split('/').filter(|name| !["", "."].contains(name)).collect();
            let inside =
                !operand.starts_with('/') || format!("/{}/", names.join("/")).starts_with(&format!("{DIR}/"));
            assert!(inside && !operand.split('/').any(|name| name == ".."), "{command:?}");
            assert!(!operand.contains(['\\', ':', '*', '?', '$', '`', '~', '!']), "{command:?}");
        }
    }
}

fn operand(command: &str, option: &str, value: &str) {
    assert!(!value.contains("!#:+"), "{command:?}");
    match option {
        "rsh" => {
            let line = words(value).unwrap();
            assert_eq!(line[0], "ssh", "{command:?}");
            let args: Vec<_> = line[1..].iter().map(String::as_str).collect();
            ssh(command, &args, false);
        }
        "filter" => assert!(value.starts_with("- ") || value.starts_with("+ "), "{command:?}"),
        "partial-dir" => assert!([".rsync-partial", ".rsync-tmp"].contains(&value), "{command:?}"),
        _ => {}
    }
}

fn ssh(command: &str, args: &[&str], login: bool) {
    let mut hosts = 0;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some(letters) = arg.strip_prefix('-') else {
            hosts += 1;
            assert!(!arg.contains([' ', ';', '%', '$', '`', '/']), "{command:?}");
            continue;
        };
        let end = letters.find(['J', 'i', 'l', 'o', 'p']).unwrap_or(letters.len());
        assert!(!letters[..end].contains(|c: char| "ADEFIKLMORSWXYgsw".contains(c)), "{command:?}");
        let Some(letter) = letters[end..].chars().next() else { continue };
        let attached = Some(&letters[end + 1..]).filter(|value| !value.is_empty());
        let value = attached.unwrap_or_else(|| args.next().unwrap()).to_ascii_lowercase();
        assert!(!value.starts_with('-'), "{command:?}");
        match letter {
            'i' => assert!(
                value.starts_with("~/.ssh/") && !value.split('/').any(|name| name == ".."),
                "{command:?}"
            ),
            'o' => {
                let key = value.split('=').next().unwrap();
                let value = &value[key.len() + 1..];
                let off = ["no", "none"].contains(&value);
                assert!(!key.contains("forward") || off || key == "clearallforwardings", "{command:?}");
                assert!(!key.contains("command") || off && key == "permitlocalcommand", "{command:?}");
                assert!(!key.contains("control") || off, "{command:?}");
                assert!(
                    !key.contains("provider") && !key.contains("include") && !key.contains("env"),
                    "{command:?}"
                );
                assert!(key != "stricthostkeychecking" || value != "no", "{command:?}");
            }
            _ => assert!(!value.contains([' ', ';', '%', '$', '`', '/']), "{command:?}"),
        }
    }
    assert!(hosts == usize::from(login), "{command:?}");
}
