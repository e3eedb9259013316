//! `tp ssh-config`

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tensorpool_client::core::api::cluster::ListClusters;
use tensorpool_client::core::api::ssh::GetSshCommand;
use tensorpool_client::core::command::{Rules, judge};
use tensorpool_client::core::model::{ClusterStatus, System};

use super::cluster::text;
use crate::app::App;
use crate::args::Org;
use crate::failure::Failure;
use crate::output::{self, Format, View};

/// `tp ssh-config [--write]`.
#[derive(Args, Debug)]
pub(crate) struct SshConfig {
    /// Write it to ~/.ssh/tp.d/config, and one Include line into ~/.ssh/config
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    org: Org,
}

/// The line that makes ssh read our file. It is the only one of a user's own file that we write.
const INCLUDE: &str = "Include ~/.ssh/tp.d/config";
const HEAD: &str = "# Written by `tp ssh-config --write`, which writes it anew each time.\n";

/// A block of the configuration.
struct Host {
    name: String,
    lines: Vec<(String, String)>,
}

impl SshConfig {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let list = ListClusters::new().include_org(self.org.org).instances(true);
        let Some(answer) = app.send(list).await? else { return Ok(()) };
        let running = answer
            .value
            .clusters
            .iter()
            .flat_map(|cluster| cluster.instances.iter().flatten())
            .filter(|instance| instance.status.as_ref().is_none_or(|is| *is == ClusterStatus::Running));
        let mut seen = HashSet::new();
        let mut hosts = Vec::new();
        for instance in running {
            let id = text(instance.id.as_ref());
            if !seen.insert(id.clone()) {
                continue;
            }
            match host(app, &id).await {
                Ok(host) => hosts.push(host),
                // One instance that is not ready is no reason to leave out the others.
                Err(failure) if failure.http_status.is_none_or(|status| status != 401) => {
                    app.screen.say(&format!("{id} is left out: {failure}"));
                }
                Err(failure) => return Err(failure),
            }
        }
        let block = hosts.iter().map(Host::text).collect::<Vec<_>>().join("\n");
        if self.write {
            return write(app, &hosts, &block);
        }
        match app.screen.format {
            Format::Table | Format::Plain => {
                output::print(&block)?;
                if hosts.is_empty() {
                    app.screen.say("no instance is running");
                }
                Ok(())
            }
            Format::Json | Format::Id => app.screen.show(&view(&hosts, Value::Null)),
        }
    }
}

fn view(hosts: &[Host], written: Value) -> View {
    let block = |host: &Host| {
        let options: Vec<_> =
            host.lines.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({ "host": host.name, "options": options })
    };
    let json = json!({ "hosts": hosts.iter().map(block).collect::<Vec<_>>(), "written": written });
    let mut view = View::list(json, &["HOST"]);
    hosts.iter().for_each(|host| view.row(&host.name, vec![host.name.clone()]));
    view
}

/// The block of an instance, from the login command that passed the judge.
async fn host(app: &App, id: &str) -> Result<Host, Failure> {
    // It becomes a word of a file whose patterns and blanks mean something.
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(Failure::failed("its id cannot be the name of a host"));
    }
    let answer = app.client()?.reply(GetSshCommand::new(id).system(System::current())).await?;
    let judged = judge(&answer.value.command, &Rules::ssh()).map_err(|no| Failure::failed(no.to_string()))?;
    let args: Vec<&str> = judged.runs().iter().flat_map(|run| run.args()).map(String::as_str).collect();
    Ok(Host { name: id.to_owned(), lines: lines(&args)? })
}

/// The options of an ssh command line, as lines of a configuration. What has no such line is left out only where it says
/// nothing of how to reach the host.
fn lines(args: &[&str]) -> Result<Vec<(String, String)>, Failure> {
    let mut lines = Vec::new();
    let mut args = args.iter().copied();
    while let Some(arg) = args.next() {
        let mut push = |key: &str, value: &str| lines.push((key.to_owned(), value.to_owned()));
        let Some(flags) = arg.strip_prefix('-').filter(|flags| !flags.is_empty() && *flags != "-") else {
            if arg != "--" {
                destination(arg, &mut push);
            }
            continue;
        };
        // Letters may stand together; the last of them may have a value, in this word or the next one.
        let at = flags.find(|c| "bcDeFIiJLlmOopQRSWw".contains(c));
        let Some(letter) = at.and_then(|at| flags.get(at..)?.chars().next()) else { continue };
        let rest = flags.get(at.unwrap_or_default() + 1..).unwrap_or_default();
        let value = if rest.is_empty() { args.next().unwrap_or_default() } else { rest };
        match letter {
            'p' => push("Port", value),
            'l' => push("User", value),
            'i' => push("IdentityFile", value),
            'J' => push("ProxyJump", value),
            'o' => {
                let (key, value) = value
                    .split_once(|c: char| c == '=' || c.is_whitespace())
                    .ok_or_else(|| Failure::failed(format!("{value} is no option of ssh")))?;
                push(key.trim(), value.trim());
            }
            other => return Err(Failure::failed(format!("-{other} has no place in a configuration"))),
        }
    }
    // What ssh takes from the first place it finds it, so the command line's own order is kept.
    Ok(lines)
}

fn destination(text: &str, push: &mut impl FnMut(&str, &str)) {
    let rest = text.strip_prefix("ssh://");
    let place = rest.unwrap_or(text).trim_end_matches('/');
    let (user, host) = match place.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, place),
    };
    // Only a URL may have a port here.
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if rest.is_some() && !port.ends_with(']') => (host, Some(port)),
        _ => (host, None),
    };
    push("HostName", host.trim_start_matches('[').trim_end_matches(']'));
    if let Some(user) = user {
        push("User", user);
    }
    if let Some(port) = port {
        push("Port", port);
    }
}

impl Host {
    fn text(&self) -> String {
        let mut text = format!("Host {}\n", self.name);
        for (key, value) in &self.lines {
            let blank = value.contains(char::is_whitespace);
            let quote = if blank { "\"" } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "    {key} {quote}{value}{quote}");
        }
        text
    }
}

/// Shows what will change, asks, and changes it.
fn write(app: &App, hosts: &[Host], block: &str) -> Result<(), Failure> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let home = home.map(PathBuf::from).ok_or_else(|| Failure::failed("HOME is not set"))?;
    let ssh = home.join(".ssh");
    let (own, users) = (ssh.join("tp.d").join("config"), ssh.join("config"));
    let new = format!("{HEAD}{block}");
    let old = read(&own)?;
    let theirs = read(&users)?;
    let included = theirs.as_deref().is_some_and(includes);
    let mut changes = Vec::new();
    if old.as_deref() != Some(new.as_bytes()) {
        changes.push(format!("{} will hold:\n{new}", own.display()));
    }
    if !included {
        changes.push(format!("{} gets a first line: {INCLUDE}", users.display()));
    }
    if changes.is_empty() {
        return app.screen.show(&view(hosts, json!([])).note(Some("nothing changes")));
    }
    app.screen.say(&changes.join("\n"));
    app.consent("Write this?", "ssh-config")?;
    let mut written = Vec::new();
    if old.as_deref() != Some(new.as_bytes()) {
        directory(&ssh)?;
        directory(&ssh.join("tp.d"))?;
        replace(&own, new.as_bytes())?;
        written.push(own.display().to_string());
    }
    if !included {
        directory(&ssh)?;
        // At the top: further down it would belong to whichever block stands above it.
        let mut text = format!("{INCLUDE}\n").into_bytes();
        text.extend(theirs.unwrap_or_default());
        replace(&users, &text)?;
        written.push(users.display().to_string());
    }
    let note = hosts.first().map(|host| format!("log in with `ssh {}`", host.name));
    app.screen.show(&view(hosts, json!(written)).note(note))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io(path.display(), &error)),
    }
}

/// Whether our line is there, before any block.
fn includes(config: &[u8]) -> bool {
    let text = String::from_utf8_lossy(config);
    let head = text.lines().map(str::trim).take_while(|line| {
        let word = line.split(|c: char| c.is_whitespace() || c == '=').next().unwrap_or_default();
        !word.eq_ignore_ascii_case("host") && !word.eq_ignore_ascii_case("match")
    });
    head.into_iter().any(|line| line == INCLUDE)
}

/// Makes a directory that only its owner can look into, if it is not there.
fn directory(path: &Path) -> Result<(), Failure> {
    let mut make = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    match make.create(path) {
        Err(error) if !path.is_dir() => Err(Failure::io(path.display(), &error)),
        _ => Ok(()),
    }
}

/// Puts a file in the place of another, whole and at once. It is the owner's alone from the beginning, and where there was
/// one keeps its mode; a link stays one.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let failed = |error: std::io::Error| Failure::io(path.display(), &error);
    let target = match std::fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    let dir = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".tp-").tempfile_in(dir).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    if let Ok(before) = target.metadata() {
        file.as_file().set_permissions(before.permissions()).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(command: &str) -> String {
        let judged = judge(command, &Rules::ssh()).unwrap();
        let args: Vec<&str> = judged.runs()[0].args().iter().map(String::as_str).collect();
        Host { name: "i-1".to_owned(), lines: lines(&args).unwrap() }.text()
    }

    #[test]
    fn a_login_command_becomes_a_block() {
        assert_eq!(
            block("ssh -p 2222 -o StrictHostKeyChecking=accept-new ubuntu@203.0.113.5"),
            "Host i-1\n    Port 2222\n    StrictHostKeyChecking accept-new\n    HostName 203.0.113.5\n    User ubuntu\n"
        );
        assert_eq!(
            block("ssh -J ubuntu@203.0.113.5:22 -p22 ubuntu@10.0.0.7"),
            "Host i-1\n    ProxyJump ubuntu@203.0.113.5:22\n    Port 22\n    HostName 10.0.0.7\n    User ubuntu\n"
        );
        assert_eq!(
            block("ssh -i ~/.ssh/id_ed25519 -l ada 2001:db8::5"),
            "Host i-1\n    IdentityFile ~/.ssh/id_ed25519\n    User ada\n    HostName 2001:db8::5\n"
        );
    }

    #[test]
    fn our_line_counts_only_where_it_is_for_every_host() {
        assert!(includes(format!("# mine\n{INCLUDE}\nHost a\n").as_bytes()));
        assert!(!includes(format!("Host a\n    {INCLUDE}\n").as_bytes()));
        assert!(!includes(format!("match all\n{INCLUDE}\n").as_bytes()));
        assert!(!includes(b"Include ~/.ssh/tp.d/config2\n"));
    }
}
