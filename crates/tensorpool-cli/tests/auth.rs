//! Keys, and what is around them: where they are found, kept and shown, and what starts without any.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tensorpool_emulator::{Config, Emulator, Fault, Rule, Server, ServerOptions, User};

const KEY: &str = "planted-0123456789-key";
const OTHER: &str = "other-0123456789-key";

/// An engine on loopback, and a home and a working directory of one's own.
struct World {
    emulator: Emulator,
    url: String,
    dir: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
    _server: Server,
}

impl World {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Config::default()
            .user(User::new("u-ada", "ada@example.com", KEY).unwrap())
            .user(User::new("u-bob", "bob@example.com", OTHER).unwrap());
        let emulator = Emulator::new(config);
        let address = ([127, 0, 0, 1], 0).into();
        let server =
            runtime.block_on(Server::bind(address, emulator.clone(), ServerOptions::default())).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        Self { emulator, url: server.url(), dir, _runtime: runtime, _server: server }
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn keys(&self) -> PathBuf {
        self.dir.path().join("home/.config/tensorpool/keys.json")
    }

    fn tp(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tp"));
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path().join("home"))
            .env("TENSORPOOL_ENGINE", &self.url)
            .env("TP_KEYRING", "off")
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        Said::of(&mut self.tp(args))
    }

    fn login(&self, args: &[&str], key: &str) -> Said {
        let args = [&["auth", "login", "--with-token"], args].concat();
        fed(&mut self.tp(&args), key)
    }

    /// How often the engine was asked for this endpoint from now on.
    fn watch(&self, endpoint: &str) -> tensorpool_emulator::Handle {
        self.emulator.script().add(Rule::on(endpoint, Fault::status(503)).always())
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.all().contains(KEY) && !self.all().contains(OTHER), "a key is shown: {}", self.all());
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn fed(command: &mut Command, input: &str) -> Said {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_saved_used_and_forgotten() {
    let world = World::new();
    let none = world.run(&["auth", "status"]).ended(4);
    assert!(none.err.contains("there is no API key") && none.err.contains("tp auth login"), "{}", none.err);

    let saved = world.login(&["-o", "json"], &format!("{KEY}\n")).ended(0);
    assert_eq!(
        (&saved.json()["saved_in"], &saved.json()["me"]["email"]),
        (&"file".into(), &"ada@example.com".into())
    );
    assert_eq!((mode(&world.keys()), mode(world.keys().parent().unwrap())), (0o600, 0o700));
    assert!(fs::read_to_string(world.keys()).unwrap().contains(KEY));

    let status = world.run(&["auth", "status", "-o", "json"]).ended(0).json();
    assert_eq!(status["source"], "file, profile default");
    assert_eq!(status["key"], "…-key");
    assert_eq!(status["engine"], world.url.as_str());
    assert_eq!(status["me"]["email"], "ada@example.com");

    let unasked = world.run(&["auth", "logout"]).ended(2);
    assert!(unasked.err.contains("--yes"), "{}", unasked.err);
    assert!(fs::read_to_string(world.keys()).unwrap().contains(KEY));
    world.run(&["auth", "logout", "--yes"]).ended(0);
    assert!(!fs::read_to_string(world.keys()).unwrap().contains(KEY));
    world.run(&["auth", "logout", "--yes"]).ended(5);
    world.run(&["auth", "status"]).ended(4);
}

#[test]
fn a_key_that_is_not_accepted_is_not_saved() {
    let world = World::new();
    world.login(&[], "wrong-0123456789").ended(4);
    world.login(&[], " \n").ended(2);
    world.run(&["auth", "login"]).ended(2);
    let down = world.watch("user.me");
    world.login(&[], KEY).ended(1);
    assert!(down.fired() > 0);
    assert!(!world.keys().exists());
}

#[test]
fn environment_goes_before_profile_before_dotenv() {
    let world = World::new();
    let who = |command: &mut Command| Said::of(command).ended(0).json();
    let status = ["auth", "status", "-o", "json"];
    fs::write(world.work().join(".env"), format!("\nTENSORPOOL_KEY={KEY}\n")).unwrap();
    let said = world.run(&status).ended(0);
    assert_eq!(said.json()["source"], ".env in the working directory");
    assert_eq!(said.err.matches("warning: the key is read from .env").count(), 1, "{}", said.err);
    let kept = fs::read_to_string(world.work().join(".env")).unwrap();

    world.login(&[], OTHER).ended(0);
    let said = world.run(&status).ended(0);
    assert_eq!((said.json()["source"].as_str(), said.err.as_str()), (Some("file, profile default"), ""));
    assert_eq!(said.json()["me"]["email"], "bob@example.com");
    assert_eq!(fs::read_to_string(world.work().join(".env")).unwrap(), kept, ".env is never written");

    world.login(&["--profile", "ada"], KEY).ended(0);
    assert_eq!(
        who(&mut world.tp(&[&status[..], &["--profile", "ada"]].concat()))["source"],
        "file, profile ada"
    );
    assert_eq!(who(world.tp(&status).env("TP_PROFILE", "ada"))["me"]["email"], "ada@example.com");
    assert_eq!(who(world.tp(&status).env("TP_PROFILE", ""))["source"], "file, profile default");
    let other = world.run(&["auth", "status", "--profile", "nobody"]).ended(4);
    assert!(other.err.contains("no key saved as nobody"), "{}", other.err);

    assert_eq!(who(world.tp(&status).env("TENSORPOOL_API_KEY", KEY))["source"], "TENSORPOOL_API_KEY");
    let both = who(world.tp(&status).env("TENSORPOOL_API_KEY", KEY).env("TENSORPOOL_KEY", OTHER));
    assert_eq!(
        (both["source"].as_str(), both["me"]["email"].as_str()),
        (Some("TENSORPOOL_KEY"), Some("bob@example.com"))
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_keyring_that_hangs_is_waited_for_three_seconds_and_no_more() {
    let world = World::new();
    let path = world.dir.path().join("bus");
    let bus = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let asked = std::thread::spawn(move || bus.accept().unwrap());
    let mut login = world.tp(&["auth", "login", "--with-token", "-o", "json"]);
    login.env("TP_KEYRING", "on");
    login.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", path.display()));
    let started = std::time::Instant::now();
    let said = fed(&mut login, KEY).ended(0);
    let took = started.elapsed();
    let _held = asked.join().unwrap();
    assert_eq!(said.json()["saved_in"], "file");
    assert!((3..10).contains(&took.as_secs()), "{took:?}");
}

#[test]
fn a_file_that_others_can_read_is_refused_and_doctor_says_so() {
    let world = World::new();
    world.login(&[], KEY).ended(0);
    let good = world.run(&["doctor", "-o", "json"]).ended(0).json();
    let verdict = |list: &Value, check: &str| {
        let found = list.as_array().unwrap().iter().find(|finding| finding["check"] == check).cloned();
        found.unwrap_or_else(|| panic!("{check}: {list}"))["verdict"].as_str().unwrap().to_owned()
    };
    for check in ["engine", "reachable", "key", "key file"] {
        assert_eq!(verdict(&good, check), "ok", "{check}");
    }
    assert_eq!(verdict(&good, "tls"), "warn");
    assert_eq!(verdict(&good, "~/.ssh"), "warn");

    fs::set_permissions(world.keys(), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = world.run(&["cluster", "list"]).ended(1);
    assert!(refused.err.contains("mode 644") && refused.err.contains("chmod 600"), "{}", refused.err);
    let bad = world.run(&["doctor", "-o", "json"]).ended(1);
    assert_eq!(
        (verdict(&bad.json(), "key file"), verdict(&bad.json(), "key")),
        ("fail".to_owned(), "fail".to_owned())
    );
    assert_eq!(serde_json::from_str::<Value>(&bad.err).unwrap()["error"]["code"], "failed");

    let mut nowhere = world.tp(&["doctor", "-o", "json"]);
    let said =
        Said::of(nowhere.env("TENSORPOOL_ENGINE", "http://127.0.0.1:1").env("PATH", "")).ended(1).json();
    assert_eq!(
        (verdict(&said, "reachable"), verdict(&said, "rsync")),
        ("fail".to_owned(), "warn".to_owned())
    );
    let mut open = world.tp(&["doctor", "-o", "json"]);
    let said = Said::of(open.env("TENSORPOOL_ENGINE", "http://192.0.2.1:1")).code;
    assert_eq!(said, Some(1));
}

#[test]
fn any_request_can_be_sent_and_what_changes_something_is_asked_for() {
    let world = World::new();
    let with_key = |args: &[&str]| Said::of(world.tp(args).env("TENSORPOOL_KEY", KEY));
    let me = with_key(&["api", "get", "/me"]).ended(0);
    assert_eq!(me.json()["email"], "ada@example.com");
    with_key(&["api", "GET", "cluster/list", "-f", "include_org=true"]).ended(0);

    let missing = with_key(&["api", "GET", "/cluster/info/c-none"]).ended(5);
    assert!(
        missing.out.starts_with('{') && missing.err.starts_with("error: api: 404"),
        "{}{}",
        missing.out,
        missing.err
    );
    let missing = with_key(&["api", "GET", "/cluster/info/c-none", "-o", "json"]).ended(5);
    assert_eq!(missing.out, "");
    assert_eq!(serde_json::from_str::<Value>(&missing.err).unwrap()["error"]["http_status"], 404);
    Said::of(world.tp(&["api", "GET", "/me"]).env("TENSORPOOL_KEY", "wrong")).ended(4);

    let changes = world.emulator.changes();
    let create = ["api", "POST", "/storage/create", "-F", "size_gb=100", "-f", "name=7"];
    with_key(&create).ended(2);
    assert_eq!(world.emulator.changes(), changes, "nothing was sent");
    let dry = with_key(&[&create[..], &["--dry-run", "-o", "json"]].concat()).ended(0).json();
    assert_eq!(dry["request"]["body"], serde_json::json!({ "name": "7", "size_gb": 100 }));
    let dry = with_key(&["api", "DELETE", "/x", "-f", "a b=c&d", "--dry-run", "-o", "json"]).ended(0).json();
    assert_eq!(dry["request"]["url"], format!("{}/x?a+b=c%26d", world.url));
    for elsewhere in ["https://192.0.2.1/me", "//192.0.2.1/me", "/cluster/../me"] {
        with_key(&["api", "GET", elsewhere]).ended(2);
    }
    with_key(&["api", "TRACE", "/me"]).ended(2);
    with_key(&["api", "GET", "/me", "-f", "a=1", "-F", "a=2"]).ended(2);

    let body = r#"{"description":"from a file"}"#;
    let mut put = world.tp(&["api", "PATCH", "/user/preferences", "--input", "-", "--dry-run", "-o", "json"]);
    let dry = fed(put.env("TENSORPOOL_KEY", KEY), body).ended(0).json();
    assert_eq!(dry["request"]["body"]["description"], "from a file");

    let lost = world.emulator.script().add(Rule::on("storage.create", Fault::status(503)).always());
    let said = with_key(&[&create[..], &["--yes"]].concat()).ended(1);
    assert_eq!(lost.fired(), 1, "a change is sent once: {}", said.err);
}

#[test]
fn the_log_says_what_was_sent_and_never_the_key() {
    let world = World::new();
    let run = |args: &[&str], level: &str| {
        Said::of(world.tp(args).env("TENSORPOOL_KEY", KEY).env("TP_LOG", level)).ended(0).err
    };
    let list = ["storage", "list", "--org"];
    assert_eq!(run(&list, "off").lines().filter(|line| line.contains("storage.list")).count(), 0);
    assert_eq!(run(&list, "warn").lines().filter(|line| line.contains("storage.list")).count(), 0);
    let info = run(&list, "info");
    assert!(info.contains("info: storage.list GET /storage/list 200 "), "{info}");
    let most = run(&["storage", "list", "--org", "--verbose", "--verbose", "--verbose"], "");
    assert!(most.contains("debug: storage.list GET /storage/list …") && most.contains(" ms"), "{most}");
    assert!(!most.contains("include_org") && !most.to_lowercase().contains("bearer"), "{most}");
    let api = run(&["api", "GET", "/me", "--verbose"], "");
    assert!(api.contains("info: api GET (given) 200"), "{api}");

    let mut nowhere = world.tp(&["api", "POST", "/x", "--yes"]);
    nowhere.env("TENSORPOOL_KEY", KEY).env("TP_LOG", "warn").env("TENSORPOOL_ENGINE", "http://127.0.0.1:1");
    let lost = Said::of(&mut nowhere).ended(9).err;
    assert!(lost.contains("warn: api POST (given) failed: NotSent"), "{lost}");
    assert!(!lost.contains("may have been done"), "it was not even sent: {lost}");

    let busy = world.emulator.script().add(Rule::on("storage.list", Fault::status(503)).times(1));
    let warned = run(&list, "warn");
    assert_eq!(busy.fired(), 1);
    assert!(warned.contains("warn: storage.list GET /storage/list 503"), "{warned}");
    Said::of(world.tp(&list).env("TP_LOG", "loud")).ended(2);
}

#[test]
fn scripts_and_pages_are_printed_for_every_command() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]).ended(0).out;
        assert!(script.contains("cluster") && script.contains("logout"), "{shell}");
    }
    let json = world.run(&["completions", "bash", "-o", "json"]).ended(0).json();
    assert_eq!(json["shell"], "bash");
    assert!(world.run(&["man"]).ended(0).out.contains(".TH"));
    assert!(world.run(&["man", "cluster", "create"]).ended(0).out.contains("max\\-price"));
    world.run(&["man", "clutter"]).ended(2);
    let pages = world.run(&["man", "--dir", "pages", "-o", "json"]).ended(0).json();
    let pages: Vec<_> =
        pages["pages"].as_array().unwrap().iter().map(|page| page.as_str().unwrap()).collect();
    assert!(pages.contains(&"tp.1") && pages.contains(&"tp-cluster-create.1"), "{pages:?}");
    assert_eq!(fs::read_dir(world.work().join("pages")).unwrap().count(), pages.len());
}

/// What needs no engine opens no socket and reads no certificate, nor a key.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_opened_for_what_needs_no_engine() {
    let world = World::new();
    let traced = |args: &[&str]| {
        let log = world.dir.path().join("trace");
        let _ = fs::remove_file(&log);
        let tp = world.tp(args);
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-e", "trace=network,open,openat", "-o"])
            .arg(&log)
            .arg(tp.get_program())
            .args(args);
        strace.env_clear().current_dir(world.work()).stdin(Stdio::null());
        strace
            .envs(tp.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("TENSORPOOL_KEY", KEY);
        let output = strace.output().expect("strace is needed: apt-get install strace");
        let trace = fs::read_to_string(&log).unwrap();
        let opened = trace.lines().filter(|line| {
            let words = ["socket", "connect(", "ssl", "cert", ".pem", "keys.json", ".env\""];
            words.iter().any(|word| line.contains(word))
        });
        (output.status.code(), opened.map(str::to_owned).collect::<Vec<_>>())
    };
    for (args, code) in [
        (&["--version"] as &[&str], 0),
        (&["--help"], 0),
        (&["cluster", "create", "--help"], 0),
        (&["completions", "zsh"], 0),
        (&["man"], 0),
        (&["no-such-command"], 2),
        (&["cluster", "create", "--no-such-flag"], 2),
    ] {
        assert_eq!(traced(args), (Some(code), Vec::new()), "{args:?}");
    }
    let (code, opened) = traced(&["cluster", "list"]);
    assert_eq!(code, Some(0));
    assert!(
        opened.iter().any(|line| line.contains("connect(")),
        "what is looked for can be seen: {opened:?}"
    );
}
