//! `tp doctor`

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::json;
use tensorpool_client::core::api::health::Healthz;
use tensorpool_client::core::api::user::GetMe;
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::core::http::header::DATE;
use tensorpool_reqwest::Client;

use crate::app::App;
use crate::failure::Failure;
use crate::key::file;
use crate::output::View;

/// A clock that is off by more makes signed addresses look expired, or not yet valid.
const SKEW: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

struct Finding {
    what: &'static str,
    verdict: Verdict,
    said: String,
}

impl Finding {
    fn ok(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, said: said.into() }
    }

    fn warn(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warn, said: said.into() }
    }

    fn fail(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fail, said: said.into() }
    }

    fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// Looks at everything, and fails at the end if anything did.
pub(crate) async fn run(app: &App) -> Result<(), Failure> {
    if app.globals.dry_run {
        return app.show_request(&Healthz);
    }
    let mut findings = vec![engine()];
    findings.extend(reach().await);
    findings.push(whose_key(app).await);
    findings.push(key_file());
    findings.push(program("ssh", "-V", "`tp ssh` and jobs need it"));
    findings.push(program("rsync", "--version", "`tp job push` and `tp job pull` need it"));
    findings.push(ssh_folder());

    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    let list: Vec<_> = findings
        .iter()
        .map(|finding| json!({ "check": finding.what, "verdict": finding.word(), "message": finding.said }))
        .collect();
    let mut view = View::list(json!(list), &["CHECK", "", "WHAT WAS FOUND"]);
    for finding in findings {
        let cells = vec![finding.what.to_owned(), finding.word().to_owned(), finding.said];
        view.row(finding.what, cells);
    }
    app.screen.show(&view)?;
    match failed {
        0 => Ok(()),
        1 => Err(Failure::failed("1 check failed")),
        n => Err(Failure::failed(format!("{n} checks failed"))),
    }
}

fn engine() -> Finding {
    match App::engine() {
        Ok(url) if url.is_https() => Finding::ok("engine", url.to_string()),
        Ok(url) if url.is_loopback() => Finding::ok("engine", format!("{url}, unencrypted, on this machine")),
        Ok(url) => Finding::fail(
            "engine",
            format!("{url} is unencrypted, so no key is sent there; set TENSORPOOL_ENGINE to https://"),
        ),
        Err(failure) => Finding::fail("engine", failure.to_string()),
    }
}

/// Whether the engine answers, over which encryption, and what it says the time is.
async fn reach() -> Vec<Finding> {
    let Ok(url) = App::engine() else { return Vec::new() };
    if !url.is_https() && !url.is_loopback() {
        // Nothing is sent there anyway.
        return Vec::new();
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    // This check needs no key and sends none, so that it works where the key is what is wrong.
    let client = Client::builder()
        .token("none")
        .base_url(url.to_string())
        .retry(RetryPolicy::none())
        .client_type("cli")
        .user_agent(concat!("tp/", env!("CARGO_PKG_VERSION")))
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail("reachable", error.to_string())],
    };
    let reply = match client.reply(Healthz).await {
        Ok(reply) => reply,
        Err(error) => return vec![Finding::fail("reachable", error.to_string())],
    };
    let mut findings = vec![Finding::ok("reachable", "GET /healthz is answered")];
    findings.push(if url.is_https() {
        Finding::ok("tls", "the certificate is trusted")
    } else {
        Finding::warn("tls", "none: the engine is not https://")
    });
    let date = reply.headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(|date| {
        // The engine's own words: they are not trusted to be a date.
        httpdate::parse_http_date(date).ok()
    });
    findings.push(clock(date, SystemTime::now()));
    findings
}

fn clock(theirs: Option<SystemTime>, ours: SystemTime) -> Finding {
    let Some(theirs) = theirs else {
        return Finding::warn("clock", "the engine does not say what time it has");
    };
    let (by, which) = match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    if by <= SKEW {
        return Finding::ok("clock", "agrees with the engine's");
    }
    let by = humantime::format_duration(Duration::from_secs(by.as_secs()));
    Finding::warn("clock", format!("is {by} {which} the engine's: downloads may be refused as expired"))
}

async fn whose_key(app: &App) -> Finding {
    let key = match app.key() {
        Ok(key) => key,
        Err(failure) => return Finding::fail("key", failure.to_string()),
    };
    let from = format!("{} from {}", super::auth::masked(&key.value), key.source);
    let asked = match app.client_with(key.value) {
        Ok(client) => client.send(GetMe).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match asked {
        Ok(me) => {
            let who = me.email.or(me.uid).map(|who| format!(", of {who}")).unwrap_or_default();
            Finding::ok("key", format!("{from}{who}"))
        }
        Err(failure) => Finding::fail("key", format!("{from}: {failure}")),
    }
}

fn key_file() -> Finding {
    let path = match file::path() {
        Ok(path) => path,
        Err(failure) => return Finding::warn("key file", failure.to_string()),
    };
    match file::exposed(&path) {
        Ok(None) => Finding::ok("key file", format!("{} is yours alone", path.display())),
        Ok(Some(why)) => Finding::fail("key file", format!("{why}; run `chmod 600 {}`", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::ok("key file", "none"),
        Err(error) => Finding::fail("key file", format!("{}: {error}", path.display())),
    }
}

fn program(name: &'static str, version: &str, needed: &str) -> Finding {
    let output = Command::new(name).arg(version).stdin(Stdio::null()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return Finding::warn(name, format!("cannot be run: {error}; {needed}")),
    };
    // ssh says it on stderr.
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let said = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_owned();
    if output.status.success() {
        Finding::ok(name, said)
    } else {
        Finding::warn(name, format!("{said}; {needed}"))
    }
}

/// ssh refuses private keys that others can read, and configuration that others can write.
fn ssh_folder() -> Finding {
    let Some(home) = etcetera::home_dir().ok() else {
        return Finding::warn("~/.ssh", "there is no home directory");
    };
    let folder = home.join(".ssh");
    let bad = match fs::read_dir(&folder) {
        Ok(entries) => {
            let keys = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_key(path));
            keys.filter_map(|path| file::exposed(&path).ok().flatten()).collect::<Vec<_>>()
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::warn("~/.ssh", "there is none; `ssh-keygen -t ed25519` makes it, with a key");
        }
        Err(error) => return Finding::fail("~/.ssh", error.to_string()),
    };
    if !bad.is_empty() {
        return Finding::fail("~/.ssh", format!("{}; ssh refuses such keys: `chmod 600`", bad.join(", ")));
    }
    match writable(&folder) {
        true => Finding::fail("~/.ssh", "others can write there; run `chmod 700 ~/.ssh`"),
        false => Finding::ok("~/.ssh", "is yours alone"),
    }
}

fn is_key(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("id_") && path.extension().is_none()
}

#[cfg(unix)]
fn writable(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn writable(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_either_way() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(clock(at(1_000_059), now).word(), "ok");
        assert_eq!(clock(at(999_941), now).word(), "ok");
        assert!(clock(at(1_003_600), now).said.starts_with("is 1h behind"));
        assert!(clock(at(996_400), now).said.starts_with("is 1h ahead of"));
        assert_eq!(clock(None, now).word(), "warn");
    }

    #[test]
    fn a_program_that_is_not_there_is_missed() {
        let finding = program("tp-no-such-program", "-V", "nobody needs it");
        assert_eq!(finding.word(), "warn");
        assert!(finding.said.contains("nobody needs it"), "{}", finding.said);
    }
}
