//! Users, hosts and remote places: what ssh and rsync would connect to, or a refusal.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::refusal::RefusalReason as Reason;
use super::rules::Rules;

/// What a place is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// ssh, whatever the place looks like.
    Ssh,
    /// What rsync takes by itself: ssh, or its own protocol if the place is a daemon's.
    Rsync,
}

/// Where a remote operand of rsync points. Two operands on one host are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Remote<'a> {
    daemon: bool,
    user: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
}

/// Reads an operand of rsync: `None` is a local path. rsync takes an operand for remote if a colon is before its first slash.
pub(super) fn remote<'a>(text: &'a str, by: By, rules: &Rules) -> Result<Option<Remote<'a>>, Reason> {
    const URL: &str = "rsync://";
    // rsync does not mind the case of the scheme; a host called `RSYNC` is not what it would connect to.
    if let (Some(scheme), Some(rest)) = (text.get(..URL.len()), text.get(URL.len()..)) {
        if scheme.eq_ignore_ascii_case(URL) {
            return url(rest, by, rules).map(Some);
        }
    }
    if !text.split('/').next().unwrap_or_default().contains(':') {
        return Ok(None);
    }
    let (user, rest) = user_and_rest(text, ':');
    let (host, path) = host_and_rest(rest).ok_or(Reason::Host)?;
    let path = path.strip_prefix(':').ok_or(Reason::Host)?;
    let (daemon, fits) = match path.strip_prefix(':') {
        Some(module) => (true, is_module_path(module)),
        None => (false, is_remote_path(path)),
    };
    let remote = Remote { daemon, user, host, port: None };
    if fits { checked(remote, by, rules).map(Some) } else { Err(Reason::Host) }
}

/// What follows `rsync://`.
fn url<'a>(rest: &'a str, by: By, rules: &Rules) -> Result<Remote<'a>, Reason> {
    let (authority, path) = rest.split_once('/').ok_or(Reason::Host)?;
    let (user, rest) = user_and_rest(authority, ':');
    let (host, rest) = host_and_rest(rest).ok_or(Reason::Host)?;
    let port = match rest.strip_prefix(':') {
        Some(text) => Some(port(text).ok_or(Reason::Host)?),
        None if rest.is_empty() => None,
        None => return Err(Reason::Host),
    };
    if !is_module_path(path) {
        return Err(Reason::Host);
    }
    checked(Remote { daemon: true, user, host, port }, by, rules)
}

fn checked<'a>(remote: Remote<'a>, by: By, rules: &Rules) -> Result<Remote<'a>, Reason> {
    if remote.user.is_some_and(|user| !is_user(user)) || !is_host(remote.host) {
        return Err(Reason::Host);
    }
    if !rules.allows_host(remote.host) {
        return Err(Reason::OtherHost);
    }
    // By ssh it would be the user's own files, as far as the user may go; a daemon has only what it was told to share.
    let shared = remote.daemon && by == By::Rsync;
    if !shared && !rules.names_hosts() && is_this_machine(remote.host) {
        return Err(Reason::ThisMachine);
    }
    Ok(remote)
}

/// Where ssh logs in: `[user@]host`, an IPv6 address with or without brackets.
pub(super) fn destination(text: &str, rules: &Rules) -> Result<(), Reason> {
    let (user, host) = match text.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, text),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    checked(Remote { daemon: false, user, host, port: None }, By::Ssh, rules).map(drop)
}

/// Hosts to jump through: `[user@]host[:port]`, separated by commas.
///
/// ssh starts itself for each, by a line it gives to the user's shell, so nothing but names and numbers may be in it.
pub(super) fn jumps(text: &str, rules: &Rules) -> Result<(), Reason> {
    text.split(',').try_for_each(|jump| {
        let (user, rest) = user_and_rest(jump, ':');
        let (host, rest) = host_and_rest(rest).ok_or(Reason::Host)?;
        if !rest.is_empty() && rest.strip_prefix(':').and_then(port).is_none() {
            return Err(Reason::Host);
        }
        checked(Remote { daemon: false, user, host, port: None }, By::Ssh, rules).map(drop)
    })
}

/// A user name: letters, digits, `.`, `_` and `-`, at most 64, not beginning with `-` or `.`.
pub(super) fn is_user(text: &str) -> bool {
    text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// A port, 1 to 65535, in digits.
pub(super) fn port(text: &str) -> Option<u16> {
    let digits = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// A DNS name of letters, digits, `_` and `-`, or an address. Addresses have no zone: its `%` means something to ssh.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().is_ok();
    }
    // `0177.1` and `2130706433` are addresses to a resolver, though not to a reader.
    if text.split('.').next_back().is_some_and(is_number) {
        return text.parse::<Ipv4Addr>().is_ok();
    }
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether a host is this machine by its name alone. Others may be too; that only a resolver knows.
fn is_this_machine(host: &str) -> bool {
    // The unspecified addresses connect to this machine, and IPv6 has a form for each of IPv4.
    let v4 = |address: Ipv4Addr| address.is_loopback() || matches!(address.octets(), [0, ..]);
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return address.to_ipv4().is_some_and(v4);
    }
    if let Ok(address) = host.parse() {
        return v4(address);
    }
    // Those of the usual hosts files; resolvers answer all names below `localhost` themselves.
    let host = host.to_ascii_lowercase();
    host.rsplit('.').next() == Some("localhost")
        || matches!(
            host.as_str(),
            "localhost4" | "localhost6" | "ip6-localhost" | "ip6-loopback" | "localhost.localdomain"
        )
        || matches!(host.as_str(), "localhost4.localdomain4" | "localhost6.localdomain6")
}

/// Whether a resolver may read a name that ends like this as an IPv4 address.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(label) || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The user, and what follows `@`, if there is one before the first `end` or slash.
fn user_and_rest(text: &str, end: char) -> (Option<&str>, &str) {
    match text.split_once('@') {
        Some((user, rest)) if !user.contains([end, '/']) => (Some(user), rest),
        _ => (None, text),
    }
}

/// The host, without brackets, and what follows it: nothing, or text that begins with a colon.
fn host_and_rest(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        // Only an address needs brackets.
        return rest.split_once(']').filter(|(host, _)| host.contains(':'));
    }
    Some(text.split_at(text.find(':').unwrap_or(text.len())))
}

/// `module[/path]` of an rsync daemon.
fn is_module_path(text: &str) -> bool {
    let (module, path) = text.split_once('/').unwrap_or((text, ""));
    module.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && module.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && is_remote_path(path)
}

/// A path on the other machine, whose shell may read it: names only, `~` at most as its beginning.
fn is_remote_path(text: &str) -> bool {
    let path = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        Some(_) => return false,
        None => text,
    };
    // `https://host/x` is, to rsync, a path `//host/x` on a host called `https`.
    !path.starts_with('-') && !path.starts_with("//") && path.chars().all(super::path::is_plain)
}
