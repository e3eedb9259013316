//! What the caller says: its key, its hosts, its directory, and whether a host has to be known.

use tensorpool_core::command::{Program, Rules, judge};

fn class(command: &str, rules: &Rules) -> &'static str {
    judge(command, rules).map_or_else(|refusal| refusal.reason().as_str(), |_| "accepted")
}

#[test]
fn only_the_callers_key_is_read_word_for_word() {
    let rules = Rules::ssh().private_key("/keys/id");
    assert_eq!(class("ssh -i /keys/id u@h", &rules), "accepted");
    assert_eq!(class("ssh -i '/keys/id' u@h", &rules), "accepted");
    assert_eq!(class("ssh -o IdentityFile=/keys/id u@h", &rules), "accepted");
    assert_eq!(class("ssh -i /keys/./id u@h", &rules), "key");
    assert_eq!(class("ssh -i /keys/id2 u@h", &rules), "key");
    assert_eq!(class("ssh -i /keys/id u@h", &Rules::ssh()), "key");
    let spaced = Rules::ssh().private_key("/keys/my key %h");
    assert_eq!(class("ssh -i '/keys/my key %h' u@h", &spaced), "accepted");
    // Within `-o` ssh would take these apart.
    assert_eq!(class("ssh -o 'IdentityFile=/keys/my key %h' u@h", &spaced), "key");
}

#[test]
fn a_key_whose_name_rsync_would_split_differently_is_refused_not_misread() {
    for key in ["/k/a\\b", "/k/a'b", "/k/a\"b"] {
        let inner = format!("ssh -i '{}'", key.replace('\'', "'\\''"));
        let outer = format!("rsync -e '{}' ./ u@h:/x", inner.replace('\'', "'\\''"));
        let got = class(&outer, &Rules::push("/p").private_key(key));
        let expected = if key.contains('\'') { "remote-shell" } else { "accepted" };
        assert_eq!(got, expected, "{outer}");
    }
}

#[test]
fn a_host_that_was_not_named_is_refused() {
    let rules =
        Rules::push("/p").remote_host("203.0.113.5").remote_host("2001:db8::5").remote_host("GPU.example");
    assert_eq!(class("rsync ./ u@203.0.113.5:/x", &rules), "accepted");
    assert_eq!(class("rsync ./ 'u@[2001:db8::5]:/x'", &rules), "accepted");
    assert_eq!(class("rsync ./ gpu.EXAMPLE::m", &rules), "accepted");
    assert_eq!(class("rsync ./ u@203.0.113.6:/x", &rules), "other-host");
    assert_eq!(class("rsync ./ rsync://203.0.113.6/m", &rules), "other-host");
    // rsync reads this as a URL, whatever the case of its scheme.
    let trap = Rules::push("/p").remote_host("rsync");
    assert_eq!(class("rsync ./ RSYNC://evil.example/m", &trap), "other-host");
    assert_eq!(class("rsync -e 'ssh -J 203.0.113.6' ./ u@203.0.113.5:/x", &rules), "other-host");
    let login = Rules::ssh().remote_host("10.0.0.4").remote_host("203.0.113.9");
    assert_eq!(class("ssh -J u@203.0.113.9 u@10.0.0.4", &login), "accepted");
    assert_eq!(class("ssh u@10.0.0.5", &login), "other-host");
}

#[test]
fn nothing_is_pulled_into_a_repositorys_own_data() {
    for dir in
        ["/p/.git", "/p/.git/hooks", "/p/.GIT", ".git", "/p/git~1/hooks", "C:\\p\\.Git\\hooks", "/p/.git./x"]
    {
        assert_eq!(class("rsync u@h:/x ./", &Rules::pull(dir)), "path", "{dir}");
        assert_eq!(class("rsync ./ u@h:/x", &Rules::push(dir)), "accepted", "{dir}");
    }
    assert_eq!(class("rsync u@h:/x /p/.git", &Rules::pull("/p/.git")), "path");
    for dir in ["/p/x.git", "/p/.github", "/p/git", "/p/.gitignore"] {
        assert_eq!(class("rsync u@h:/x ./", &Rules::pull(dir)), "accepted", "{dir}");
    }
}

#[test]
fn this_machine_is_reached_by_ssh_only_if_it_is_named() {
    for host in ["localhost", "127.0.0.1", "::1"] {
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let pull = format!("rsync 'u@{bracketed}:/x' ./");
        assert_eq!(class(&pull, &Rules::pull("/p")), "this-machine", "{pull}");
        assert_eq!(class(&pull, &Rules::pull("/p").remote_host(host)), "accepted", "{pull}");
        assert_eq!(class(&pull, &Rules::pull("/p").remote_host("h")), "other-host", "{pull}");
        let login = format!("ssh 'u@{bracketed}'");
        assert_eq!(class(&login, &Rules::ssh()), "this-machine", "{login}");
        assert_eq!(class(&login, &Rules::ssh().remote_host(host)), "accepted", "{login}");
        // A daemon needs no name, but the names that are there count for it too.
        let daemon = format!("rsync 'rsync://{bracketed}:8730/m/' ./");
        assert_eq!(class(&daemon, &Rules::pull("/p")), "accepted", "{daemon}");
        assert_eq!(class(&daemon, &Rules::pull("/p").remote_host("h")), "other-host", "{daemon}");
    }
}

#[test]
fn absolute_paths_need_an_absolute_directory() {
    for (dir, path, expected) in [
        ("/p", "/p/a", "accepted"),
        ("/p/", "/p//a/.", "accepted"),
        ("/", "/etc", "accepted"),
        ("/p/./q", "/p/q/a", "accepted"),
        ("/p/../q", "/p/../q/a", "path"),
        ("/p/../q", "/q/a", "path"),
        ("p", "/p/a", "path"),
        ("", "/a", "path"),
        (".", "./a", "accepted"),
        ("C:\\p", "a/b", "accepted"),
        ("C:\\p", "C:\\p\\a", "host"),
    ] {
        assert_eq!(class(&format!("rsync '{path}' u@h:/x"), &Rules::push(dir)), expected, "{path} in {dir}");
    }
}

#[test]
fn a_download_goes_into_the_directory_itself_however_it_is_spelled() {
    for (dir, path, expected) in [
        ("/p", ".", "accepted"),
        ("/p", "././/", "accepted"),
        ("/p", "/p", "accepted"),
        ("/p/", "/p//.", "accepted"),
        ("/p/./q", "/p/q/", "accepted"),
        ("p", "./", "accepted"),
        ("/p", "/p/a", "direction"),
        ("/p", "p", "direction"),
        ("/p", "./p/.", "direction"),
        ("/", "/p", "direction"),
        ("p", "p", "direction"),
        ("/p", "/", "path"),
        ("p", "/p", "path"),
    ] {
        assert_eq!(class(&format!("rsync u@h:/x {path}"), &Rules::pull(dir)), expected, "{path} in {dir}");
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_not_utf_8_still_has_relative_paths() {
    use std::os::unix::ffi::OsStrExt as _;
    let rules = Rules::push(std::ffi::OsStr::from_bytes(b"/p\xff"));
    assert_eq!(class("rsync ./ u@h:/x", &rules), "accepted");
    assert_eq!(class("rsync /p u@h:/x", &rules), "path");
}

#[test]
fn the_check_of_the_hosts_key_is_switched_off_only_if_the_caller_says_so() {
    let command = "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null u@h";
    assert_eq!(class(command, &Rules::ssh()), "unverified");
    assert_eq!(class(command, &Rules::ssh().unverified_hosts(true)), "accepted");
    assert_eq!(
        class("ssh -o UserKnownHostsFile=/k u@h", &Rules::ssh().unverified_hosts(true)),
        "writes-elsewhere"
    );
    assert_eq!(class("ssh -o UserKnownHostsFile=/k u@h", &Rules::ssh().known_hosts("/k")), "accepted");
    // ssh would take this for two files.
    assert_eq!(
        class("ssh -o 'UserKnownHostsFile=/k l' u@h", &Rules::ssh().known_hosts("/k l")),
        "writes-elsewhere"
    );
}

#[test]
fn a_list_becomes_runs_in_order() {
    let judged = judge("rsync ./a u@h:/x && rsync ./b u@h:/x", &Rules::push("/p")).unwrap();
    assert_eq!(judged.to_string(), "rsync ./a u@h:/x\nrsync ./b u@h:/x");
    let runs = judged.into_runs();
    assert_eq!(runs.len(), 2);
    assert_eq!(
        (runs[1].program(), runs[1].args()),
        (Program::Rsync, &["./b".to_owned(), "u@h:/x".to_owned()][..])
    );
}
