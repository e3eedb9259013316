//! Commands the server sends: split as words, judged against a list, and never run here.
//!
//! The engine answers some requests with a shell string to run on this machine: `job push` uploads with one (contract
//! §9.1), `job pull` of a live job and `ssh` hand one out (contract §3.4, §7.1). The official client gives it to a shell.
//! [`judge`] takes it apart instead and says either what may be run, as programs and words for which no shell is needed,
//! or which word is refused and why. No real command of the engine has been seen; the lists below are a guess at what an
//! honest one needs, so a refusal is an answer to show, not a failure of the protocol.
//!
//! ```
//! use tensorpool_core::command::{Rules, judge};
//!
//! let rules = Rules::push("/home/ada/train");
//! let judged = judge("rsync -az --exclude .venv ./ ubuntu@203.0.113.5:/home/ubuntu/j-abc/", &rules)?;
//! let run = &judged.runs()[0];
//! assert_eq!(run.argv(), ["rsync", "-az", "--exclude", ".venv", "./", "ubuntu@203.0.113.5:/home/ubuntu/j-abc/"]);
//!
//! let refusal = judge("rsync -az ./ u@203.0.113.5:x; id", &rules).unwrap_err();
//! assert_eq!(refusal.exit_code(), 126);
//! assert_eq!(refusal.to_string(), r#"refused: word 4, "u@203.0.113.5:x;": a shell would interpret `;`"#);
//! # Ok::<(), tensorpool_core::command::Refusal>(())
//! ```
//!
//! # What is accepted
//!
//! One command; for an upload also a plain list `a && b` of which every part is accepted; its parts are separate [`Run`]s,
//! to one host.
//! Words are POSIX words made of quotes and backslashes. Whatever else a shell would interpret where it stands is refused, and so
//! are control characters, characters nobody sees, and more than [`MAX_BYTES`], [`MAX_WORDS`] or [`MAX_RUNS`].
//!
//! | rules | program | operands |
//! |---|---|---|
//! | [`Rules::push`] | `rsync` | one or more local paths inside the directory, then one remote |
//! | [`Rules::pull`] | `rsync`, once | one or more remotes on one host, then the directory itself |
//! | [`Rules::ssh`] | `ssh`, once | one host; no remote command |
//!
//! | part | what may stand there |
//! |---|---|
//! | remote | `[user@]host:path`, `[user@]host::module[/path]`, `rsync://[user@]host[:port]/module[/path]` |
//! | host | a DNS name, an IPv4 address, an IPv6 address (in brackets where a colon follows); by ssh not this machine |
//! | local path | relative to the directory or absolute and inside it; without `..`, `:` and a leading `-` or `~` |
//! | rsync options | see `docs/commands.md`; `-e` and `--rsh` take an `ssh` line, judged by the rules for ssh |
//! | ssh options | see `docs/commands.md`; `-o` takes some keys with some values |
//! | private key | the one of [`Rules::private_key`], or `~/.ssh/` and a name |
//!
//! Everything else is refused, known or unknown: nothing that deletes, writes or reads outside the directory, runs a
//! program, forwards, or shares a connection.
//!
//! # What is left to whoever runs it
//!
//! - Start `argv` as it is, without a shell, **in the directory** the rules were made for: relative paths mean that one.
//!   Find the program in `PATH`, never in the current directory.
//! - Pass an environment made anew: `PATH`, `HOME`, `LANG`, `TERM`, `SSH_AUTH_SOCK`. `RSYNC_RSH`, `RSYNC_CONNECT_PROG`,
//!   `RSYNC_PARTIAL_DIR` and their like can change what an accepted command does.
//! - Paths are compared as text. A symlink inside the directory that leads out of it is not seen here: look before each
//!   run, and start it only in a directory whose links you trust. A download may have brought some that you should not.
//!   rsync copies a link as a link (what makes it follow one is refused), but an operand that *is* a link, or goes through
//!   one, is followed.
//! - A word `~/.ssh/…` stays as it is: it is accepted only where ssh itself expands it (`-i`, `IdentityFile`,
//!   `UserKnownHostsFile`).
//! - A download writes what the other machine says, links and modes included, though inside the directory: do not run it
//!   as root, and run an rsync that is up to date, since older ones believe names the other side should not send.
//! - It can also write into a `.git` that is in the directory, hooks included, which git runs later: download into a
//!   directory of its own, or put an `--exclude=.git` of your own before the accepted options.
//! - `-J` makes ssh start itself through the user's shell; nothing but names, numbers and `.-_@:,[]` is in that line.
//! - A host may be an alias in the user's own `~/.ssh/config`, with all that is said there, or lead to this machine by a name
//!   that does not say so. Where the hosts are known, say so with [`Rules::remote_host`].
//! - Options of your own, such as an `--exclude-from` that keeps files out of an upload, go before the accepted ones:
//!   rsync takes the first filter rule that matches.

mod host;
mod options;
mod path;
mod refusal;
mod rsync;
mod rules;
mod run;
mod ssh;
mod words;

pub use refusal::{Refusal, RefusalReason};
pub use rules::Rules;
pub use run::{Judged, Program, Run};
pub use words::{MAX_BYTES, MAX_RUNS, MAX_WORDS, words};

use rules::Purpose;

/// Judges a command the server sent: what may be run for it, or why it is refused.
///
/// Nothing is run and nothing outside the arguments is looked at, so the same command and rules always get the same answer.
///
/// # Errors
///
/// The first word that is not accepted, and why.
pub fn judge(command: &str, rules: &Rules) -> Result<Judged, Refusal> {
    let parts = words::split(command)?;
    // A download may bring links: a second run would find them in its way, where nobody has looked.
    if rules.purpose() != Purpose::Push && parts.len() > 1 {
        return Err(Refusal::whole(RefusalReason::List));
    }
    let mut seen = None;
    let mut programs = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        programs.push(program(part, rules, &mut seen).map_err(|refusal| refusal.in_part(index))?);
    }
    let run = |(program, part): (_, Vec<words::Word>)| {
        Run::new(program, part.into_iter().skip(1).map(words::Word::into_text).collect())
    };
    Ok(Judged::new(programs.into_iter().zip(parts).map(run).collect()))
}

/// Judges one part of a list; `seen` is the remote place of those before.
fn program<'a>(
    part: &'a [words::Word],
    rules: &Rules,
    seen: &mut Option<host::Remote<'a>>,
) -> Result<Program, Refusal> {
    let program = match rules.purpose() {
        Purpose::Push | Purpose::Pull => Program::Rsync,
        Purpose::Login => Program::Ssh,
    };
    let (name, args) = part.split_first().ok_or_else(|| Refusal::whole(RefusalReason::Empty))?;
    if name.text() != program.name() {
        let reason = RefusalReason::Program { expected: program.name() };
        return Err(Refusal::of_word(reason, 0, name.text()));
    }
    match program {
        Program::Rsync => rsync::judge(args, rules, seen)?,
        Program::Ssh => ssh::judge(args, rules, ssh::Use::Login)?,
    }
    Ok(program)
}
