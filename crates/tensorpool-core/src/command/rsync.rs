//! rsync's command line: the options that are accepted, and one direction.

use super::host::{By, Remote};
use super::options::{Args, At, is_number};
use super::refusal::{Refusal, RefusalReason as Reason};
use super::rules::{Purpose, Rules};
use super::words::split;
use super::{host, path, ssh};

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// Nothing.
    Flag,
    /// Names to leave out or in, in rsync's own patterns.
    Pattern,
    /// `- PATTERN` or `+ PATTERN`: the filter rules that read no file.
    Rule,
    /// A line that starts ssh.
    Shell,
    Number {
        min: u32,
        max: u32,
        expected: &'static str,
    },
    /// A number with an optional unit, such as `1.5m`.
    Size,
    /// What to tell, such as `progress2,stats1`.
    Info,
    /// The name of a directory beside the files, one of two.
    Name,
}

use Operand::{Flag, Info, Name, Number, Pattern, Rule, Shell, Size};

const SECONDS: Operand = Number { min: 0, max: 86_400, expected: "seconds, 0 to 86400" };
const LEVEL: Operand = Number { min: 0, max: 22, expected: "a level, 0 to 22" };
const PORT: Operand = Number { min: 1, max: 65_535, expected: "a port, 1 to 65535" };

/// The accepted letters that take nothing; besides them, `e` and `f`.
const LETTERS: &str = "46DEHIJOPSWacdghilmnopqrstuvxz";

const LONG: &[(&str, Operand)] = &[
    ("archive", Flag),
    ("bwlimit", Size),
    ("checksum", Flag),
    ("compress", Flag),
    ("compress-level", LEVEL),
    ("contimeout", SECONDS),
    ("devices", Flag),
    ("dirs", Flag),
    ("dry-run", Flag),
    ("exclude", Pattern),
    ("executability", Flag),
    ("existing", Flag),
    ("filter", Rule),
    ("group", Flag),
    ("hard-links", Flag),
    ("human-readable", Flag),
    ("ignore-existing", Flag),
    ("ignore-times", Flag),
    ("include", Pattern),
    ("info", Info),
    ("ipv4", Flag),
    ("ipv6", Flag),
    ("itemize-changes", Flag),
    ("links", Flag),
    ("max-size", Size),
    ("min-size", Size),
    ("mkpath", Flag),
    ("no-devices", Flag),
    ("no-g", Flag),
    ("no-group", Flag),
    ("no-links", Flag),
    ("no-motd", Flag),
    ("no-o", Flag),
    ("no-owner", Flag),
    ("no-p", Flag),
    ("no-perms", Flag),
    ("no-specials", Flag),
    ("no-times", Flag),
    ("omit-dir-times", Flag),
    ("omit-link-times", Flag),
    ("one-file-system", Flag),
    ("owner", Flag),
    ("partial", Flag),
    ("partial-dir", Name),
    ("perms", Flag),
    ("port", PORT),
    ("progress", Flag),
    ("protect-args", Flag),
    ("prune-empty-dirs", Flag),
    ("quiet", Flag),
    ("recursive", Flag),
    ("rsh", Shell),
    ("safe-links", Flag),
    ("secluded-args", Flag),
    ("size-only", Flag),
    ("sparse", Flag),
    ("specials", Flag),
    ("stats", Flag),
    ("timeout", SECONDS),
    ("times", Flag),
    ("update", Flag),
    ("verbose", Flag),
    ("whole-file", Flag),
];

/// Why an option that is not accepted is dangerous, where it is. What is in no table is refused too.
fn denied(option: &str) -> Reason {
    match option {
        "rsync-path" | "M" | "remote-option" | "daemon" | "config" | "dparam" | "server" | "sender" => {
            Reason::RunsPrograms
        }
        "del" | "force" | "remove-source-files" | "remove-sent-files" | "ignore-errors" | "max-delete" => {
            Reason::Deletes
        }
        "b" | "backup" | "backup-dir" | "suffix" | "log-file" | "T" | "temp-dir" | "write-batch"
        | "only-write-batch" | "write-devices" | "inplace" | "append" | "append-verify" | "K"
        | "keep-dirlinks" | "trust-sender" => Reason::WritesElsewhere,
        "files-from" | "0" | "from0" | "exclude-from" | "include-from" | "password-file" | "early-input"
        | "F" | "C" | "cvs-exclude" | "compare-dest" | "copy-dest" | "link-dest" | "read-batch" | "L"
        | "copy-links" | "copy-unsafe-links" | "k" | "copy-dirlinks" | "copy-devices" => {
            Reason::ReadsElsewhere
        }
        _ if option.starts_with("delete") => Reason::Deletes,
        _ => Reason::Option,
    }
}

/// Judges the words after `rsync`. `seen` is the remote place of the runs before, and has to be that of this one.
pub(super) fn judge<'a>(
    words: &'a [super::words::Word],
    rules: &Rules,
    seen: &mut Option<Remote<'a>>,
) -> Result<(), Refusal> {
    let mut args = Args::new(words);
    let mut operands = Vec::new();
    let mut options = true;
    let mut by = By::Rsync;
    while let Some(at) = args.next() {
        let at = at.without_tilde()?;
        // popt, which reads rsync's options, puts other words in the place of `!#:+`; a lone `!` forgets filter rules.
        at.must(!at.text.contains('!'), Reason::Shell('!'))?;
        match at.text.strip_prefix('-').filter(|_| options) {
            None => operands.push(at),
            Some("-") => options = false,
            Some(rest) => {
                let operand = match rest.strip_prefix('-') {
                    Some(option) => long(at, option, &mut args, rules)?,
                    None => short(at, rest, &mut args, rules)?,
                };
                // With a remote shell named, rsync starts even a daemon through it.
                if operand == Shell {
                    by = By::Ssh;
                }
            }
        }
    }
    direction(&operands, by, rules, seen)
}

/// A long option; says what follows it.
fn long<'a>(at: At<'a>, option: &'a str, args: &mut Args<'a>, rules: &Rules) -> Result<Operand, Refusal> {
    let (name, attached) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    };
    let Some((_, operand)) = LONG.iter().find(|(known, _)| *known == name) else {
        return Err(at.refuse(denied(name)));
    };
    match operand {
        Flag => at.must(attached.is_none(), Reason::Operand { expected: Flag.expected() })?,
        _ => operand.judge(args.operand(at, attached, operand.expected())?, rules)?,
    }
    Ok(*operand)
}

/// A cluster of letters, the last of which may have an operand; says what follows it.
fn short<'a>(at: At<'a>, letters: &'a str, args: &mut Args<'a>, rules: &Rules) -> Result<Operand, Refusal> {
    let mut rest = letters.chars();
    if letters.is_empty() {
        return Err(at.refuse(Reason::Option));
    }
    while let Some(letter) = rest.next() {
        let operand = match letter {
            'e' => Shell,
            'f' => Rule,
            _ if LETTERS.contains(letter) => continue,
            _ => return Err(at.refuse(denied(letter.encode_utf8(&mut [0; 4])))),
        };
        let attached = Some(rest.as_str()).filter(|text| !text.is_empty());
        operand.judge(args.operand(at, attached, operand.expected())?, rules)?;
        return Ok(operand);
    }
    Ok(Flag)
}

impl Operand {
    fn expected(self) -> &'static str {
        match self {
            Flag => "without an operand",
            Pattern => "a pattern of names",
            Rule => "`- ` or `+ ` and a pattern of names",
            Shell => "an ssh line",
            Number { expected, .. } => expected,
            Size => "a size, such as 1.5m",
            Info => "what to tell, such as progress2",
            Name => ".rsync-partial or .rsync-tmp",
        }
    }

    fn judge(self, at: At<'_>, rules: &Rules) -> Result<(), Refusal> {
        let at = at.without_tilde()?;
        at.must(!at.text.contains('!'), Reason::Shell('!'))?;
        let fits = match self {
            Flag => false,
            Pattern => is_pattern(at.text),
            Rule => at.text.strip_prefix("- ").or_else(|| at.text.strip_prefix("+ ")).is_some_and(is_pattern),
            Shell => return shell(at, rules),
            Number { min, max, .. } => is_number(at.text, min, max),
            Size => is_size(at.text),
            Info => at.text.split(',').all(is_info),
            Name if path::is_partial_dir(at.text) => true,
            Name => return Err(at.refuse(Reason::WritesElsewhere)),
        };
        at.must(fits, Reason::Operand { expected: self.expected() })
    }
}

fn is_pattern(text: &str) -> bool {
    let prefixed = text.starts_with(['-', '+']) && text.chars().nth(1) == Some(' ');
    !text.trim().is_empty() && !prefixed
}

fn is_size(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let unit = text.get(number.len()..).unwrap_or_default().to_ascii_lowercase();
    is_number(whole, 0, u32::MAX)
        && is_number(fraction, 0, u32::MAX)
        && matches!(unit.as_str(), "" | "b" | "k" | "kb" | "kib" | "m" | "mb" | "mib" | "g" | "gb" | "gib")
}

fn is_info(flag: &str) -> bool {
    let name = flag.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or(flag);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The line after `-e`: ssh and its options. rsync splits it by rules of its own, and has to get the same words.
fn shell(at: At<'_>, rules: &Rules) -> Result<(), Refusal> {
    let refuse = || at.refuse(Reason::RemoteShell);
    let mut parts = split(at.text).map_err(|e| e.within(at.index))?;
    let words = parts.pop().filter(|_| parts.is_empty()).ok_or_else(refuse)?;
    let same =
        as_rsync_splits(at.text).is_some_and(|other| words.iter().map(super::words::Word::text).eq(other));
    match words.split_first() {
        Some((name, args)) if same && name.text() == "ssh" => {
            ssh::judge(args, rules, ssh::Use::Transport).map_err(|e| e.within(at.index))
        }
        _ => Err(refuse()),
    }
}

/// The words rsync makes of a remote-shell line: a doubled quote stands for itself, a backslash is a character like others.
fn as_rsync_splits(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if_eq(&' ').is_some() {}
        if chars.peek().is_none() {
            return Some(words);
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next_if(|c| *c != ' ' || quote.is_some()) {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (_, Some(open)) if c == open && chars.next_if_eq(&open).is_none() => quote = None,
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}

/// Exactly one side is local, and it is the right one.
fn direction<'a>(
    operands: &[At<'a>],
    by: By,
    rules: &Rules,
    seen: &mut Option<Remote<'a>>,
) -> Result<(), Refusal> {
    let push = rules.purpose() == Purpose::Push;
    let wrong = Reason::Direction {
        expected: match push {
            true => "an upload goes from inside the folder to one remote place",
            false => "a download goes from one host into the folder itself",
        },
    };
    let (last, sources) = match operands.split_last() {
        Some((last, sources)) if !sources.is_empty() => (last, sources),
        _ => return Err(Refusal::whole(wrong)),
    };
    for (at, should_be_local) in sources.iter().map(|at| (at, push)).chain([(last, !push)]) {
        match host::remote(at.text, by, rules).map_err(|reason| at.refuse(reason))? {
            None if should_be_local => {
                at.check(path::local(at.text, rules))?;
                at.must(push || !path::is_in_repository(at.text, rules), Reason::Path)?;
                at.must(push || path::is_whole_dir(at.text, rules), wrong)?;
            }
            Some(remote) if !should_be_local && seen.is_none_or(|first| first == remote) => {
                *seen = Some(remote);
            }
            // Only a list gets here: an upload has one remote place in each run.
            Some(_) if push && !should_be_local => return Err(at.refuse(Reason::OtherHost)),
            _ => return Err(at.refuse(wrong)),
        }
    }
    Ok(())
}
