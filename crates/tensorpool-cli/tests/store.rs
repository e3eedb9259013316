//! Object storage, the account, the local engine: the program against an emulator on loopback.

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::path::Path;
    use std::process::{Command, Output, Stdio};
    use std::sync::mpsc;

    use serde_json::Value;
    use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};

    const KEY: &str = "key-of-the-tests";

    struct World {
        emulator: Emulator,
        url: String,
        home: tempfile::TempDir,
    }

    impl World {
        /// An engine that lives as long as the test's process.
        fn new() -> Self {
            let emulator = Emulator::new(Config::single_user(KEY).unwrap());
            let (tell, told) = mpsc::channel();
            let engine = emulator.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let here = SocketAddr::from(([127, 0, 0, 1], 0));
                    let server = Server::bind(here, engine, ServerOptions::default()).await.unwrap();
                    tell.send(server.url()).unwrap();
                    std::future::pending::<()>().await;
                });
            });
            Self { emulator, url: told.recv().unwrap(), home: tempfile::tempdir().unwrap() }
        }

        fn at(url: String) -> Self {
            let emulator = Emulator::new(Config::single_user(KEY).unwrap());
            Self { emulator, url, home: tempfile::tempdir().unwrap() }
        }

        fn command(&self, line: &str) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tp"));
            command.args(line.split(' ')).env_clear().stdin(Stdio::null()).current_dir(self.home.path());
            command.env("HOME", self.home.path());
            command.env("TENSORPOOL_ENGINE", &self.url).env("TENSORPOOL_KEY", KEY);
            command
        }

        fn tp(&self, line: &str) -> Ran {
            Ran::of(self.command(line).output().unwrap())
        }

        fn seen(&self, endpoint: &str) -> u64 {
            self.emulator.with_engine(|engine| engine.times_seen(endpoint))
        }

        fn all_seen(&self) -> usize {
            self.emulator.with_engine(|engine| engine.requests_seen().count())
        }

        fn enabled() -> Self {
            let world = Self::new();
            world.tp("object-storage enable").ok();
            world
        }
    }

    struct Ran {
        code: Option<i32>,
        out: String,
        err: String,
    }

    impl Ran {
        fn of(output: Output) -> Self {
            let text = |bytes| String::from_utf8(bytes).unwrap();
            Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
        }

        /// Its data, after it went well.
        fn ok(self) -> String {
            assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
            self.out
        }

        fn json(self) -> Value {
            serde_json::from_str(&self.ok()).unwrap()
        }

        fn fails(self, code: i32, why: &str) {
            assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
            assert!(self.err.contains(why) && self.out.is_empty(), "{}{}", self.out, self.err);
        }
    }

    #[test]
    fn keys_are_shown_in_full_and_replaced_only_on_demand() {
        let world = World::new();
        world.tp("object-storage credentials").fails(5, "not enabled");
        let issued = world.tp("object-storage enable -o json").json();
        let secret = issued["secret_access_key"].as_str().unwrap().to_owned();
        assert!(
            world.tp("object-storage credentials").ok().contains(&format!("secret access key\t{secret}"))
        );
        assert_eq!(world.tp("object-storage credentials -o id").ok().trim(), issued["access_key_id"]);
        world.tp("object-storage enable").fails(6, "enabled already");

        for (line, endpoint) in [
            ("object-storage rotate-keys", "object_storage.rotate_keys"),
            ("object-storage disable", "object_storage.disable"),
        ] {
            world.tp(line).fails(2, "no terminal");
            assert!(world.tp(&format!("{line} --dry-run")).ok().contains("/object-storage/"));
            assert_eq!(world.seen(endpoint), 0);
        }
        let rotated = world.tp("object-storage rotate-keys --yes -o json").json();
        assert!(rotated["secret_access_key"].is_string() && rotated["secret_access_key"] != secret);
        world.tp("object-storage disable --no-input").ok();
        assert_eq!(world.seen("object_storage.disable"), 1);
        world.tp("object-storage credentials").fails(5, "not enabled");
    }

    #[test]
    fn buckets_come_and_go() {
        let world = World::enabled();
        assert_eq!(world.tp("object-storage bucket ls").ok(), "");
        world.tp("object-storage bucket create runs-1").ok();
        world.tp("object-storage bucket create runs-1").fails(6, "exists already");
        world.tp("object-storage bucket create X").fails(1, "Invalid bucket name");
        assert_eq!(world.tp("object-storage bucket list").ok(), "runs-1\n");
        assert_eq!(world.tp("object-storage bucket list -o json").json()["buckets"][0], "runs-1");
        world.tp("object-storage bucket rm runs-1").fails(2, "no terminal");
        assert_eq!(world.seen("bucket.delete"), 0);
        let gone = world.tp("object-storage bucket rm runs-1 --yes");
        assert!(gone.err.contains("bucket runs-1 deleted"), "{}", gone.err);
        world.tp("object-storage bucket delete runs-1 --yes").fails(5, "runs-1");
        assert_eq!(world.seen("bucket.delete"), 2);
        for group in ["object-storage", "object-storage bucket", "object-storage configure", "me sshkey"] {
            assert!(world.tp(group).ok().contains("Usage: tp"), "{group}");
        }
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn rclone_gets_a_remote_and_nothing_else_changes() {
        let world = World::enabled();
        let keys = world.tp("object-storage credentials -o json").json();
        let secret = keys["secret_access_key"].as_str().unwrap();
        let path = world.home.path().join(".config/rclone/rclone.conf");
        let first = world.tp("object-storage configure rclone");
        assert!(
            first.err.contains("+ secret_access_key = ****") && !first.err.contains(secret),
            "{}",
            first.err
        );
        assert_eq!(first.ok(), format!("written\t{}\t[tp]\n", path.display()));
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("[tp]\ntype = s3\n") && written.contains(secret), "{written}");
        assert_eq!(mode(&path), 0o600);
        let again = world.tp("object-storage configure rclone -o json").json();
        assert_eq!((&again["files"][0]["changed"], &again["remote_name"]), (&false.into(), &"tp".into()));

        let foreign =
            "; mine\r\n[tp]\r\nsecret_access_key = old\\1\r\nno_check_bucket = true\r\n[b]\r\nx=\\9";
        std::fs::write(&path, foreign).unwrap();
        let second = world.tp("object-storage configure rclone");
        assert!(
            second.err.contains("- secret_access_key = ****") && !second.err.contains("old"),
            "{}",
            second.err
        );
        second.ok();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("; mine\r\n[tp]\r\nno_check_bucket = true\r\ntype = s3\r\n"), "{text:?}");
        assert!(text.ends_with("\r\n[b]\r\nx=\\9") && !text.contains("old"), "{text:?}");

        let other = world.home.path().join("elsewhere");
        let locked = "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nAAAA\n";
        std::fs::write(&other, locked).unwrap();
        let mut refused = world.command("object-storage configure rclone");
        Ran::of(refused.env("RCLONE_CONFIG", &other).output().unwrap()).fails(1, "is encrypted");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), locked);
    }

    #[test]
    fn the_aws_programs_get_a_profile_where_they_look_for_it() {
        let world = World::enabled();
        world.tp("object-storage configure aws").ok();
        let read = |name: &str| std::fs::read_to_string(world.home.path().join(name)).unwrap();
        assert!(read(".aws/credentials").starts_with("[tp]\naws_access_key_id = TPAK"));
        assert_eq!(read(".aws/config"), "[profile tp]\nregion = us-east-1\n");
        let mut elsewhere = world.command("object-storage configure aws");
        elsewhere.env("AWS_SHARED_CREDENTIALS_FILE", world.home.path().join("keys"));
        elsewhere.env("AWS_CONFIG_FILE", world.home.path().join("settings"));
        let said = Ran::of(elsewhere.output().unwrap());
        assert!(said.err.contains("--profile tp --endpoint-url https://"), "{}", said.err);
        assert_eq!((read("keys"), read("settings")), (read(".aws/credentials"), read(".aws/config")));
    }

    /// An engine that answers every request with this.
    fn engine_that_says(body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut line = String::new();
                while stream.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let length = body.len();
                write!(stream.get_mut(), "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        url
    }

    #[test]
    fn an_engine_cannot_have_programs_run_or_other_sections_written() {
        for (line, body, why) in [
            ("aws", r#"{"credentials_file":"[tp]\ncredential_process = sh -c x\n"}"#, "credential_process"),
            ("aws", r#"{"credentials_file":"[tp]\na = b\n[default]\nc = d\n"}"#, "[default]"),
            ("aws", r#"{"config_file":"[profile tp]\na = b\n","profile_name":"x"}"#, "[profile tp]"),
            ("rclone", r#"{"rclone_config":"[tp]\ntype = sftp\nhost = x\n"}"#, "not of type s3"),
            (
                "rclone",
                r#"{"rclone_config":"[tp]\ntype = s3\n","remote_name":"tp]\n[b"}"#,
                "name of the section",
            ),
        ] {
            let world = World::at(engine_that_says(body));
            world.tp(&format!("object-storage configure {line}")).fails(1, why);
            assert_eq!(std::fs::read_dir(world.home.path()).unwrap().count(), 0, "{body}");
        }
    }

    #[test]
    fn the_account_is_shown_as_the_engine_tells_it() {
        let world = World::new();
        let me = world.tp("me");
        assert!(me.err.contains(&format!("TENSORPOOL_ENGINE={}", world.url)), "{}", me.err);
        assert!(me.ok().contains("Email:         ada@example.com\n"));
        assert_eq!(world.tp("me -o json").json()["email"], "ada@example.com");
        assert_eq!((world.seen("user.info"), world.all_seen()), (2, 2));
        assert!(world.tp("me organization").ok().contains("name\tExample Lab\n"));
        assert_eq!(world.tp("me organization -o json").json()["members"][0]["email"], "ada@example.com");
    }

    #[test]
    fn preferences_are_changed_one_by_one() {
        let world = World::new();
        let official = "To manage your preferences, visit: https://tensorpool.dev/dashboard/profile\n";
        assert_eq!(world.tp("me preferences").ok(), official);
        world.tp("me preferences set").fails(2, "NAME=VALUE");
        world.tp("me preferences set colour=red").fails(2, "no preference of this name");
        world.tp("me preferences set autopay_enabled=perhaps").fails(2, "true or false");
        world.tp("me preferences set autopay_reload_threshold=1").fails(2, "at least 20");
        assert_eq!(world.all_seen(), 0);
        let line =
            "me preferences set notify-email-cluster-create=false balance_warning_threshold=50 -o json";
        let set = world.tp(line).json();
        assert_eq!(set["notify_email_cluster_create"], false);
        assert_eq!(set["balance_warning_threshold"], 50.0);
        world.tp("me preferences set balance_warning_threshold=none").ok();
        let got = world.tp("me preferences get").ok();
        assert!(got.contains("balance_warning_threshold\tnone\n"), "{got}");
        assert!(got.contains("notify_email_cluster_create\tfalse\n"), "{got}");
    }

    #[test]
    fn ssh_keys_come_and_go_and_private_ones_stay() {
        let world = World::new();
        let write = |name: &str, text: &str| std::fs::write(world.home.path().join(name), text).unwrap();
        write("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAB ada\n");
        write("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n");
        world.tp("me sshkey add id").fails(2, "private key");
        world.tp("me sshkey add none.pub").fails(1, "none.pub");
        assert_eq!(world.all_seen(), 0);
        let id = world.tp("me sshkey add ~/id.pub --name work -o id").ok();
        let id = id.trim();
        assert_eq!(world.tp("me sshkey ls").ok(), format!("{id}\twork\tssh-ed25519 …NTE5AAAAIAAB\n"));
        world.tp(&format!("me sshkey rm {id}")).fails(2, "no terminal");
        assert_eq!(world.seen("ssh_key.remove"), 0);
        world.tp(&format!("me sshkey remove {id} --yes")).ok();
        assert_eq!(world.tp("me sshkey list").ok(), "");
    }

    #[test]
    fn a_local_engine_says_where_it_is_and_refuses_to_be_open_to_all() {
        let world = World::new();
        let mut engine = world.command("emulator -o json");
        let mut engine = engine.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(engine.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let mut me = world.command("me");
        me.env("TENSORPOOL_ENGINE", said["url"].as_str().unwrap()).env("TENSORPOOL_KEY", "tp-local");
        let me = Ran::of(me.output().unwrap());
        engine.kill().unwrap();
        engine.wait().unwrap();
        assert!(me.ok().contains("ada@example.com"));
        world.tp("emulator --listen 0.0.0.0:0").fails(2, "--key");
    }

    /// Runs the day; its steps, each of which went well.
    fn demo(path: &str) -> Vec<Value> {
        let world = World::at("http://127.0.0.1:9".to_owned());
        let said = Ran::of(world.command("demo -o json").env("PATH", path).output().unwrap()).json();
        let steps = said["steps"].as_array().unwrap().clone();
        assert!(steps.iter().all(|step| step["exit"] == 0), "{steps:?}");
        let last = steps.last().unwrap();
        let none = Value::Array(Vec::new());
        assert_eq!((&last["command"], &last["output"]["clusters"]), (&"tp cluster list".into(), &none));
        steps
    }

    #[test]
    fn the_demo_goes_through_a_whole_day_without_rsync_too() {
        assert_eq!(demo("/nowhere").len(), 15);
    }

    /// Needs rsync, as a job does.
    #[cfg(unix)]
    #[test]
    fn the_demo_runs_a_job_and_brings_its_results_home() {
        let steps = demo(&std::env::var("PATH").unwrap());
        assert_eq!(steps.len(), 19);
        let job = steps.iter().find(|step| step["command"] == "tp job list").unwrap();
        assert!(job["output"]["jobs"][0]["status"].as_str().unwrap().eq_ignore_ascii_case("completed"));
    }
}
