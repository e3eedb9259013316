//! `docs/commands.md` names what is accepted, and nothing else is.

use std::collections::BTreeMap;
use std::path::Path;

use tensorpool_core::command::{Rules, judge};

/// The tables of the page: what is named in the first cell, with the example in the second.
fn tables() -> Vec<BTreeMap<String, Option<String>>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/commands.md");
    let text = std::fs::read_to_string(page).unwrap();
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut tables = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with("| `") {
            inside = line.starts_with("|---");
            if inside {
                tables.push(BTreeMap::new());
            }
            continue;
        }
        assert!(inside);
        let cells: Vec<_> = line.split('|').collect();
        let example = code(cells[2]).pop();
        for name in code(cells[1]) {
            let table: &mut BTreeMap<_, _> = tables.last_mut().unwrap();
            assert!(table.insert(name.clone(), example.clone()).is_none(), "{name} is there twice");
        }
    }
    tables
}

fn accepted(command: &str) -> bool {
    let rules = if command.starts_with("ssh") { Rules::ssh() } else { Rules::push("/p") };
    judge(command, &rules).is_ok()
}

fn rsync(option: &str) -> bool {
    accepted(&format!("rsync {option} ./ u@h:/x"))
}

fn ssh(option: &str) -> bool {
    accepted(&format!("ssh {option} u@h"))
}

#[test]
fn everything_in_the_tables_is_accepted() {
    let [rsyncs, letters, keys] = &tables()[..] else { panic!("there are three tables") };
    for (option, example) in rsyncs {
        let Some(example) = example else {
            assert!(rsync(option) && !rsync(&format!("{option}=1")), "{option}");
            continue;
        };
        let joint = if option.starts_with("--") { "=" } else { "" };
        assert!(
            rsync(&format!("{option} {example}")) && rsync(&format!("{option}{joint}{example}")),
            "{option}"
        );
        assert!(!rsync(option) && !rsync(&format!("{option} ''")), "{option}");
    }
    for (option, example) in letters {
        match example {
            None => assert!(ssh(option), "{option}"),
            Some(example) => assert!(ssh(&format!("{option} {example}")) && !ssh(option), "{option}"),
        }
    }
    for (key, example) in keys {
        let example = example.as_ref().unwrap();
        assert!(ssh(&format!("-o {key}={example}")) && ssh(&format!("-o{key}={example}")), "{key}");
        assert!(!ssh(&format!("-o {key}=")) && !ssh(&format!("-o {key}={example},-x")), "{key}");
    }
}

#[test]
fn no_letter_outside_the_tables_is_accepted() {
    let [rsyncs, letters, _] = &tables()[..] else { panic!("there are three tables") };
    for letter in (' '..='~').filter(|c| !"-'\" ".contains(*c)) {
        let option = format!("-{letter}");
        for attempt in
            [format!("'{option}'"), format!("'{option}' 1"), format!("'-v{letter}'"), format!("'{option}1'")]
        {
            assert!(rsyncs.contains_key(&option) || !rsync(&attempt), "rsync {attempt}");
            assert!(letters.contains_key(&option) || !ssh(&attempt), "ssh {attempt}");
        }
    }
}

/// The long options of rsync 3.4, by its manual.
const RSYNC: &str = "8-bit-output acls address append append-verify archive atimes backup backup-dir block-size \
    blocking-io bwlimit checksum checksum-choice checksum-seed chmod chown compare-dest compress compress-choice \
    compress-level config contimeout copy-as copy-devices copy-dest copy-dirlinks copy-links copy-unsafe-links crtimes \
    cvs-exclude daemon debug del delay-updates delete delete-after delete-before delete-delay delete-during \
    delete-excluded delete-missing-args devices dirs dparam dry-run early-input exclude exclude-from executability \
    existing fake-super files-from filter force from0 fsync fuzzy group groupmap hard-links help human-readable iconv \
    ignore-errors ignore-existing ignore-missing-args ignore-non-existing ignore-times include include-from info inplace \
    ipv4 ipv6 itemize-changes keep-dirlinks link-dest links list-only log-file log-file-format max-alloc max-delete \
    max-size min-size mkpath modify-window munge-links new-compress no-D no-OPTION no-checksum no-compress no-detach \
    no-devices no-g no-group no-implied-dirs no-links no-motd no-o no-owner no-p no-perms no-recursive no-relative \
    no-specials no-times old-args old-compress old-dirs omit-dir-times omit-link-times one-file-system \
    only-write-batch open-noatime out-format outbuf owner partial partial-dir password-file perms port preallocate \
    progress protect-args protocol prune-empty-dirs quiet read-batch recursive relative remote-option \
    remove-sent-files remove-source-files rsh rsync-path safe-links secluded-args sender server size-only \
    skip-compress sockopts sparse specials stats stderr stop-after stop-at suffix super temp-dir time-limit timeout \
    times trust-sender update usermap verbose version whole-file write-batch write-devices xattrs";

/// The keys of ssh's configuration, by its manual for OpenSSH 9 and 10.
const SSH: &str = "AddKeysToAgent AddressFamily BatchMode BindAddress BindInterface CASignatureAlgorithms \
    CanonicalDomains CanonicalizeFallbackLocal CanonicalizeHostname CanonicalizeMaxDots CanonicalizePermittedCNAMEs \
    CertificateFile ChannelTimeout CheckHostIP Ciphers ClearAllForwardings Compression ConnectTimeout \
    ConnectionAttempts ControlMaster ControlPath ControlPersist DynamicForward EnableEscapeCommandline EnableSSHKeysign \
    EscapeChar ExitOnForwardFailure FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout \
    ForwardX11Trusted GSSAPIAuthentication GSSAPIDelegateCredentials GatewayPorts GlobalKnownHostsFile HashKnownHosts \
    Host HostKeyAlgorithms HostKeyAlias HostbasedAcceptedAlgorithms HostbasedAuthentication Hostname IPQoS IdentitiesOnly \
    IdentityAgent IdentityFile IgnoreUnknown Include KbdInteractiveAuthentication KbdInteractiveDevices KexAlgorithms \
    KnownHostsCommand LocalCommand LocalForward LogLevel LogVerbose MACs Match NoHostAuthenticationForLocalhost \
    NumberOfPasswordPrompts ObscureKeystrokeTiming PKCS11Provider PasswordAuthentication PermitLocalCommand \
    PermitRemoteOpen Port PreferredAuthentications ProxyCommand ProxyJump ProxyUseFdpass PubkeyAcceptedAlgorithms \
    PubkeyAuthentication RefuseConnection RekeyLimit RemoteCommand RemoteForward RequestTTY RequiredRSASize \
    RevokedHostKeys SecurityKeyProvider SendEnv ServerAliveCountMax ServerAliveInterval SessionType SetEnv StdinNull \
    StreamLocalBindMask StreamLocalBindUnlink StrictHostKeyChecking SyslogFacility TCPKeepAlive Tag Tunnel TunnelDevice \
    UpdateHostKeys UseKeychain User UserKnownHostsFile VerifyHostKeyDNS VersionAddendum VisualHostKey WarnWeakCrypto \
    XAuthLocation";

#[test]
fn no_name_outside_the_tables_is_accepted() {
    let [rsyncs, _, keys] = &tables()[..] else { panic!("there are three tables") };
    let named = |option: &str| rsyncs.contains_key(&format!("--{option}"));
    for option in RSYNC.split_whitespace().filter(|option| !named(option)) {
        for attempt in
            [format!("--{option}"), format!("--{option}=1"), format!("--{option} 1"), format!("--{option}=x")]
        {
            assert!(!rsync(&attempt), "{attempt}");
        }
    }
    for key in SSH.split_whitespace().filter(|key| !keys.contains_key(*key)) {
        for value in ["yes", "no", "none", "1", "~/.ssh/known_hosts", "u@h", "publickey"] {
            assert!(!ssh(&format!("-o {key}={value}")), "{key}={value}");
        }
    }
    // The lists are worth something only if they hold what is accepted too.
    let long = |option: &&String| option.starts_with("--");
    for option in rsyncs.keys().filter(long) {
        assert!(RSYNC.split_whitespace().any(|known| known == &option[2..]), "{option}");
    }
    for key in keys.keys() {
        assert!(SSH.split_whitespace().any(|known| known == key), "{key}");
    }
}
