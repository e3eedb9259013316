//! ssh's command line: the options that are accepted, one host, and no remote command.

use super::options::{Args, At, is_number};
use super::refusal::{Refusal, RefusalReason as Reason};
use super::rules::Rules;
use super::words::Word;
use super::{host, path};

/// What ssh is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To log in: one host.
    Login,
    /// By rsync, which adds the host and the remote command.
    Transport,
}

/// The accepted letters that take nothing: none of them adds to what the connection may do.
const LETTERS: &str = "46CTakqtvx";

/// What a letter's operand, or the value after `-o`, has to be.
#[derive(Clone, Copy)]
enum Value {
    Port,
    User,
    /// The private key, as a word of its own.
    Key,
    Jumps,
    Setting,
    OneOf(&'static [&'static str], &'static str),
    Number {
        min: u32,
        max: u32,
        expected: &'static str,
    },
    /// The private key, as part of a configuration.
    ConfiguredKey,
    KnownHosts,
    HostKeyChecking,
}

const YES_NO: Value = Value::OneOf(&["yes", "no"], "yes or no");
const YES: Value = Value::OneOf(&["yes"], "yes");
const NO: Value = Value::OneOf(&["no"], "no");

/// The keys of `-o`. What is dangerous is there only with the value that switches it off.
const SETTINGS: &[(&str, Value)] = &[
    ("AddressFamily", Value::OneOf(&["any", "inet", "inet6"], "any, inet or inet6")),
    ("BatchMode", YES_NO),
    ("ClearAllForwardings", YES),
    ("Compression", YES_NO),
    ("ConnectTimeout", Value::Number { min: 1, max: 3600, expected: "seconds, 1 to 3600" }),
    ("ConnectionAttempts", Value::Number { min: 1, max: 100, expected: "a number, 1 to 100" }),
    ("ControlMaster", NO),
    ("ControlPath", Value::OneOf(&["none"], "none")),
    ("ForwardAgent", NO),
    ("ForwardX11", NO),
    ("IdentitiesOnly", YES_NO),
    ("IdentityFile", Value::ConfiguredKey),
    ("KbdInteractiveAuthentication", NO),
    (
        "LogLevel",
        Value::OneOf(&["QUIET", "FATAL", "ERROR", "INFO", "VERBOSE"], "QUIET, FATAL, ERROR, INFO or VERBOSE"),
    ),
    ("PasswordAuthentication", NO),
    ("PermitLocalCommand", NO),
    ("Port", Value::Port),
    ("PreferredAuthentications", Value::OneOf(&["publickey"], "publickey")),
    ("PubkeyAuthentication", YES),
    ("RequestTTY", Value::OneOf(&["auto", "force", "no", "yes"], "auto, force, no or yes")),
    ("ServerAliveCountMax", Value::Number { min: 1, max: 1000, expected: "a number, 1 to 1000" }),
    ("ServerAliveInterval", Value::Number { min: 0, max: 3600, expected: "seconds, 0 to 3600" }),
    ("StrictHostKeyChecking", Value::HostKeyChecking),
    ("TCPKeepAlive", YES_NO),
    ("User", Value::User),
    ("UserKnownHostsFile", Value::KnownHosts),
];

/// Why a letter that is not accepted is dangerous, where it is.
fn denied_letter(letter: char) -> Reason {
    match letter {
        'I' => Reason::RunsPrograms,
        'F' => Reason::ReadsElsewhere,
        'E' => Reason::WritesElsewhere,
        'A' | 'D' | 'K' | 'L' | 'R' | 'W' | 'X' | 'Y' | 'g' | 'w' => Reason::Forwards,
        'M' | 'O' | 'S' => Reason::Multiplexes,
        's' => Reason::RemoteCommand,
        _ => Reason::Option,
    }
}

/// Why a key that is not accepted is dangerous, where it is. ssh does not mind the case of keys.
fn denied_setting(key: &str) -> Option<Reason> {
    Some(match key.to_ascii_lowercase().as_str() {
        "proxycommand"
        | "localcommand"
        | "permitlocalcommand"
        | "knownhostscommand"
        | "pkcs11provider"
        | "securitykeyprovider"
        | "xauthlocation"
        | "proxyusefdpass" => Reason::RunsPrograms,
        "remotecommand" | "subsystem" | "sessiontype" => Reason::RemoteCommand,
        "include"
        | "match"
        | "sendenv"
        | "setenv"
        | "identityagent"
        | "certificatefile"
        | "globalknownhostsfile"
        | "revokedhostkeys" => Reason::ReadsElsewhere,
        "forwardagent"
        | "forwardx11"
        | "forwardx11trusted"
        | "localforward"
        | "remoteforward"
        | "dynamicforward"
        | "gatewayports"
        | "tunnel"
        | "tunneldevice"
        | "permitremoteopen"
        | "stdioforward"
        | "streamlocalbindunlink"
        | "gssapidelegatecredentials"
        | "clearallforwardings" => Reason::Forwards,
        "controlmaster" | "controlpath" | "controlpersist" => Reason::Multiplexes,
        "nohostauthenticationforlocalhost" | "verifyhostkeydns" | "hostkeyalias" | "updatehostkeys" => {
            Reason::Unverified
        }
        _ => return None,
    })
}

/// Judges the words after `ssh`.
pub(super) fn judge(words: &[Word], rules: &Rules, usage: Use) -> Result<(), Refusal> {
    let mut args = Args::new(words);
    let mut options = true;
    let mut host = false;
    while let Some(at) = args.next() {
        match at.text.strip_prefix('-').filter(|_| options) {
            Some("-") if usage == Use::Login => options = false,
            Some(letters) => short(at, letters, &mut args, rules)?,
            None if usage == Use::Transport => return Err(at.refuse(Reason::RemoteShell)),
            None if host => return Err(at.refuse(Reason::RemoteCommand)),
            None => {
                let at = at.without_tilde()?;
                at.check(host::destination(at.text, rules))?;
                host = true;
            }
        }
    }
    if host || usage == Use::Transport {
        return Ok(());
    }
    Err(Refusal::whole(Reason::Direction { expected: "a login goes to one host" }))
}

/// A cluster of letters, the last of which may have an operand.
fn short<'a>(at: At<'a>, letters: &'a str, args: &mut Args<'a>, rules: &Rules) -> Result<(), Refusal> {
    let mut rest = letters.chars();
    if letters.is_empty() {
        return Err(at.refuse(Reason::Option));
    }
    while let Some(letter) = rest.next() {
        let value = match letter {
            'J' => Value::Jumps,
            'i' => Value::Key,
            'l' => Value::User,
            'o' => Value::Setting,
            'p' => Value::Port,
            _ if LETTERS.contains(letter) => continue,
            _ => return Err(at.refuse(denied_letter(letter))),
        };
        let attached = Some(rest.as_str()).filter(|text| !text.is_empty());
        let operand = args.operand(at, attached, value.expected())?;
        return value.judge(operand, operand.text, rules);
    }
    // A tilde can only be in an operand that ssh expands.
    at.without_tilde().map(drop)
}

fn setting(at: At<'_>, rules: &Rules) -> Result<(), Refusal> {
    // ssh takes a blank for `=` too, and then quotes; nobody needs that.
    let end = at.text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(at.text.len());
    let (key, value) = at.text.split_at(end);
    let denied = denied_setting(key);
    let known = SETTINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
    let refusal = match (known, value.strip_prefix('=')) {
        (Some((_, kind)), Some(value)) => match kind.judge(at, value, rules) {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        },
        (Some(_), None) => at.refuse(Reason::Operand { expected: "a key, `=` and a value" }),
        (None, _) => at.refuse(Reason::Option),
    };
    Err(denied.map_or(refusal, |reason| at.refuse(reason)))
}

impl Value {
    fn expected(self) -> &'static str {
        match self {
            Self::Port => "a port, 1 to 65535",
            Self::User => "a user",
            Self::Key | Self::ConfiguredKey => "a private key",
            Self::Jumps => "hosts to jump through",
            Self::Setting => "a key, `=` and a value",
            Self::OneOf(_, expected) | Self::Number { expected, .. } => expected,
            Self::KnownHosts => "a file of known hosts",
            Self::HostKeyChecking => "accept-new, yes or ask",
        }
    }

    fn judge(self, at: At<'_>, text: &str, rules: &Rules) -> Result<(), Refusal> {
        let fits = match self {
            Self::Key => return at.check(path::private_key(text, rules)),
            Self::ConfiguredKey => return at.check(path::configured_key(text, rules)),
            Self::KnownHosts => return at.check(path::known_hosts(text, rules)),
            Self::Setting => return setting(at, rules),
            Self::Jumps => {
                return at.without_tilde()?.check(host::jumps(text, rules));
            }
            Self::HostKeyChecking => match text {
                "no" | "off" if !rules.allows_unverified_hosts() => return Err(at.refuse(Reason::Unverified)),
                _ => matches!(text, "accept-new" | "yes" | "ask" | "no" | "off"),
            },
            Self::Port => host::port(text).is_some(),
            Self::User => host::is_user(text),
            Self::OneOf(values, _) => values.contains(&text),
            Self::Number { min, max, .. } => is_number(text, min, max),
        };
        at.without_tilde()?.must(fits, Reason::Operand { expected: self.expected() })
    }
}
