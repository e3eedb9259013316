//! How commands end and what they print: the real program against an emulator on loopback, each fault seen to happen.

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::path::PathBuf;
    use std::process::{Command, Output, Stdio};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use serde_json::Value;
    use tensorpool_emulator::{Config, Emulator, Fault, Rule, Server, ServerOptions};

    const KEY: &str = "key-of-the-tests";
    static WORLDS: AtomicU32 = AtomicU32::new(0);

    struct World {
        emulator: Emulator,
        url: String,
        home: PathBuf,
    }

    impl World {
        /// An engine that lives as long as the test's process.
        fn new(time_scale: f64) -> Self {
            let emulator = Emulator::new(Config::single_user(KEY).unwrap());
            let (tell, told) = mpsc::channel();
            let engine = emulator.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let here = SocketAddr::from(([127, 0, 0, 1], 0));
                    let options = ServerOptions::default().time_scale(time_scale);
                    let server = Server::bind(here, engine, options).await.unwrap();
                    tell.send(server.url()).unwrap();
                    std::future::pending::<()>().await;
                });
            });
            let name = format!("outcomes-{}-{}", std::process::id(), WORLDS.fetch_add(1, Ordering::Relaxed));
            let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
            std::fs::create_dir_all(&home).unwrap();
            Self { emulator, url: told.recv().unwrap(), home }
        }

        /// One where operations are done in a moment.
        fn fast() -> Self {
            Self::new(1000.0)
        }

        fn surrounded(&self, mut command: Command) -> Command {
            command.env_clear().stdin(Stdio::null()).current_dir(&self.home);
            command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
            command.env("HOME", &self.home).env("TP_KEYRING", "off");
            command.env("TENSORPOOL_ENGINE", &self.url).env("TENSORPOOL_KEY", KEY);
            command
        }

        fn command(&self, line: &str) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tp"));
            command.args(line.split_whitespace());
            self.surrounded(command)
        }

        fn tp(&self, line: &str) -> Ran {
            Ran::of(self.command(line).output().unwrap())
        }

        /// On a terminal, where these words are typed. All that the terminal shows is `out`.
        #[cfg(target_os = "linux")]
        fn typed(&self, line: &str, words: &str, environment: &[(&str, &str)]) -> Ran {
            let mut command = Command::new("script");
            let line = format!("'{}' {line}", env!("CARGO_BIN_EXE_tp"));
            command.args(["-q", "-e", "-c", &line, "/dev/null"]);
            let mut command = self.surrounded(command);
            command.env("SHELL", "/bin/sh").env("TERM", "xterm").envs(environment.iter().copied());
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // Kept open to the end: a terminal does not end when somebody has typed.
            let mut typing = child.stdin.take().unwrap();
            typing.write_all(words.as_bytes()).unwrap();
            let ran = Ran::of(child.wait_with_output().unwrap());
            drop(typing);
            ran
        }

        fn seen(&self, endpoint: &str) -> u64 {
            self.emulator.with_engine(|engine| engine.times_seen(endpoint))
        }

        fn all_seen(&self) -> usize {
            self.emulator.with_engine(|engine| engine.requests_seen().count())
        }

        /// A running cluster.
        fn cluster(&self, more: &str) -> String {
            let made = self.tp(&format!("cluster create 1xH100 --yes --wait -o id {more}")).ended(0);
            made.out.trim().to_owned()
        }

        /// A ready volume.
        fn volume(&self) -> String {
            self.tp("storage create 100 --name data --wait -o id").ended(0).out.trim().to_owned()
        }

        /// A command that meets this fault ends so.
        fn meets(&self, endpoint: &str, status: u16, line: &str, code: i32) -> Ran {
            let fault = self.emulator.script().add(Rule::on(endpoint, Fault::status(status)));
            let ran = self.tp(line).ended(code);
            assert_eq!(fault.fired(), 1, "{line}: the fault did not happen");
            ran
        }

        /// With a cluster and a volume, and the commands that look at them.
        fn furnished() -> (Self, Vec<String>) {
            let world = Self::fast();
            let (cluster, volume) = (world.cluster("--name train"), world.volume());
            let lines = vec![
                "cluster list".to_owned(),
                "cluster list --instances".to_owned(),
                format!("cluster info {cluster}"),
                format!("cluster operations {cluster}"),
                format!("cluster wait {cluster}"),
                "storage list".to_owned(),
                format!("storage info {volume}"),
                "quote 8xH100".to_owned(),
                "quote storage 100".to_owned(),
            ];
            (world, lines)
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            // What is left behind is below cargo's own directory.
            let _ = std::fs::remove_dir_all(&self.home);
        }
    }

    #[derive(Debug)]
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

        fn ended(self, code: i32) -> Self {
            assert_eq!(self.code, Some(code), "{self:#?}");
            self
        }

        /// After a failure: nothing on stdout, and the reason on stderr.
        fn says(&self, why: &str) {
            assert!(self.out.is_empty() && self.err.contains(why), "{why:?} is not said: {self:#?}");
        }

        fn escapes(&self) -> bool {
            self.out.contains('\x1b') || self.err.contains('\x1b')
        }
    }

    #[test]
    fn every_refusal_of_the_engine_has_its_exit_code_and_one_line() {
        let world = World::fast();
        for (endpoint, status, line, code) in [
            ("cluster.list", 401, "cluster list", 4),
            ("cluster.list", 403, "cluster list --org", 4),
            ("cluster.info", 404, "cluster info c-1", 5),
            ("cluster.edit", 409, "cluster edit c-1 --name x", 6),
            ("cluster.create", 402, "cluster create 1xH100 --yes", 7),
            ("storage.create", 402, "storage create 100", 7),
            ("storage.edit", 422, "storage edit s-1 --size 1", 1),
            ("cluster.create", 400, "cluster create 1xH100 --yes", 1),
        ] {
            let ran = world.meets(endpoint, status, line, code);
            assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{line}: {ran:#?}");
            assert_eq!(ran.err.lines().count(), 1, "{line} says more than one line: {ran:#?}");
        }
    }

    #[test]
    fn the_engine_itself_refuses_as_its_codes_say() {
        let world = World::fast();
        world.tp("cluster info c-none").ended(5).says("c-none");
        world.tp("storage info s-none").ended(5).says("s-none");
        let id = world.cluster("--deletion-protection");
        world.tp(&format!("cluster destroy {id} --yes")).ended(6).says("protect");
        let stranger = world.command("cluster list").env("TENSORPOOL_KEY", "another").output().unwrap();
        Ran::of(stranger).ended(4).says("error: ");
        let keyless = world.command("cluster list").env_remove("TENSORPOOL_KEY").output().unwrap();
        Ran::of(keyless).ended(4).says("TENSORPOOL_KEY");
        world.tp("cluster create 3xAbacus --yes").ended(1).says("instance_type");
    }

    #[test]
    fn an_engine_that_is_not_there_is_a_network_failure() {
        let world = World::fast();
        // Bound once, so that nobody listens there now.
        let gone = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let to_nobody = |line: &str| {
            let mut command = world.command(line);
            Ran::of(command.env("TENSORPOOL_ENGINE", format!("http://{gone}")).output().unwrap())
        };
        to_nobody("cluster edit c-1 --name x").ended(9).says("error: ");
        let ran = to_nobody("-o json cluster edit c-1 --name x").ended(9);
        let error: Value = serde_json::from_str(&ran.err).unwrap();
        assert_eq!(error["error"]["code"], "network");
        assert_eq!(error["error"]["http_status"], Value::Null);
        assert_eq!(world.all_seen(), 0);
    }

    #[test]
    fn a_failure_as_json_is_one_object_with_all_it_has_to_say() {
        let world = World::fast();
        let ran = world.meets("cluster.create", 402, "-o json cluster create 1xH100 --yes", 7);
        let error: Value = serde_json::from_str(&ran.err).unwrap();
        let mut names: Vec<_> = error["error"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "hint", "http_status", "message", "retryable"]);
        assert_eq!(error["error"]["code"], "no_balance");
        assert_eq!(error["error"]["http_status"], 402);
        assert_eq!(error["error"]["retryable"], false);
        assert!(ran.out.is_empty());
        for line in ["-o json cluster info", "cluster destroy -o json", "-o json nothing"] {
            let ran = world.tp(line).ended(2);
            let error: Value = serde_json::from_str(&ran.err).unwrap();
            assert_eq!(error["error"]["code"], "usage", "{line}");
        }
    }

    #[test]
    fn a_mistake_and_a_question_without_a_terminal_send_nothing() {
        let world = World::fast();
        for line in [
            "cluster info",
            "cluster create",
            "cluster create 1xH100 -n 0",
            "cluster edit c-1",
            "cluster edit c-1 --deletion-protection perhaps",
            "storage create many",
            "storage edit s-1",
            "nothing",
            "cluster nothing",
            "cluster list --nothing",
            "cluster list -o xml",
            "cluster destroy c-1",
            "cluster rm c-1",
            "storage destroy s-1",
            "nfs rm s-1 --wait",
        ] {
            let ran = world.tp(line).ended(2);
            assert!(ran.out.is_empty() && !ran.err.is_empty(), "{line}: {ran:#?}");
        }
        assert_eq!(world.all_seen(), 0);
    }

    #[test]
    fn a_dry_run_shows_the_request_and_sends_nothing() {
        let world = World::fast();
        for (line, method, path) in [
            ("cluster create 1xH100 --name x", "POST", "/cluster/create"),
            ("cluster destroy c-1", "DELETE", "/cluster/c-1"),
            ("storage destroy s-1", "DELETE", "/storage/s-1"),
            ("storage edit s-1 -s 200", "PATCH", "/storage/edit/s-1"),
            ("cluster list", "GET", "/cluster/list"),
        ] {
            let ran = world.tp(&format!("--dry-run -o json {line}")).ended(0);
            let shown: Value = serde_json::from_str(&ran.out).unwrap();
            assert_eq!(shown["request"]["method"], method, "{line}");
            assert!(shown["request"]["url"].as_str().unwrap().ends_with(path), "{line}: {shown}");
            assert!(!format!("{ran:?}").contains(KEY), "{line} shows the key");
        }
        assert_eq!(world.all_seen(), 0);
    }

    #[test]
    fn waiting_that_takes_too_long_says_how_to_go_on_and_the_operation_goes_on() {
        let world = World::new(1.0);
        let ran = world.tp("cluster create 1xH100 --yes --wait=1s").ended(8);
        assert_eq!(world.seen("cluster.create"), 1);
        let resume = ran.err.split("resume with `tp request wait ").nth(1).unwrap();
        let id = resume.split('`').next().unwrap();
        world.tp(&format!("request info {id}")).ended(0);
    }

    #[test]
    fn listening_to_a_job_that_is_not_there_ends() {
        let world = World::fast();
        let ran = world.tp("job listen j-none").ended(5);
        assert!(ran.err.contains("Job j-none not found"), "{ran:#?}");
        assert_eq!(world.seen("job.info"), 1, "it was asked for once");
    }

    #[cfg(unix)]
    #[test]
    fn ctrl_c_stops_waiting_and_says_how_to_go_on() {
        let world = World::new(1.0);
        let mut command = world.command("cluster create 1xH100 --yes --wait");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        // It waits once it says how far the request has come.
        let mut first = String::new();
        err.read_line(&mut first).unwrap();
        assert!(first.contains("s  "), "{first:?}");
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let mut rest = String::new();
        err.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
        assert!(rest.contains("resume with `tp request wait "), "{rest:?}");
        assert_eq!(world.seen("cluster.create"), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_a_terminal_no_is_the_default_and_what_does_not_come_back_is_typed() {
        let world = World::fast();
        let (id, volume) = (world.cluster(""), world.volume());
        for no in ["\n", "n\n", "no\n", "maybe\n"] {
            let ran = world.typed(&format!("cluster destroy {id}"), no, &[]).ended(3);
            assert!(ran.out.contains("[y/N]") && ran.out.contains("nothing was sent"), "{no:?}: {ran:#?}");
        }
        for no in ["y\n", "yes\n", "\n", "s-other\n"] {
            let ran = world.typed(&format!("storage destroy {volume}"), no, &[]).ended(3);
            assert!(ran.out.contains(&format!("Type {volume}")), "{no:?}: {ran:#?}");
        }
        assert_eq!((world.seen("cluster.destroy"), world.seen("storage.destroy")), (0, 0));
        world.typed(&format!("cluster destroy {id}"), "y\n", &[]).ended(0);
        world.typed(&format!("storage destroy {volume}"), &format!("{volume}\n"), &[]).ended(0);
        assert_eq!((world.seen("cluster.destroy"), world.seen("storage.destroy")), (1, 1));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_order_on_a_terminal_shows_its_price_first() {
        let world = World::fast();
        let ran = world.typed("cluster create 8xH100", "n\n", &[]).ended(3);
        assert!(ran.out.contains("Order 8xH100") && ran.out.contains("a day"), "{ran:#?}");
        assert_eq!((world.seen("cluster.quote"), world.seen("cluster.create")), (1, 0));
        let broken = world.emulator.script().add(Rule::on("cluster.quote", Fault::status(404)));
        let ran = world.typed("cluster create 8xH100", "n\n", &[]).ended(3);
        assert!(ran.out.contains("price unknown"), "{ran:#?}");
        assert_eq!(broken.fired(), 1);
        world.tp("cluster create 8xH100 --yes --max-price 0.01").ended(3).says("--max-price");
        assert_eq!(world.seen("cluster.create"), 0);
    }

    #[test]
    fn json_is_one_document_and_ids_are_one_a_line() {
        let (world, lines) = World::furnished();
        for line in &lines {
            let ran = world.tp(&format!("-o json {line}")).ended(0);
            let document: Value = serde_json::from_str(&ran.out).unwrap();
            assert!(document.is_object() || document.is_array(), "{line}: {document}");
        }
        for line in ["cluster list", "storage list", "cluster list --instances"] {
            let ids = world.tp(&format!("{line} -o id")).ended(0).out;
            assert!(!ids.is_empty() && ids.lines().all(|id| !id.contains(char::is_whitespace)), "{ids:?}");
            let plain = world.tp(line).ended(0).out;
            assert_eq!(plain.lines().count(), ids.lines().count(), "{line}");
            assert!(plain.lines().all(|row| row.contains('\t')), "{line}: {plain:?}");
            let table = world.tp(&format!("{line} -o table")).ended(0).out;
            assert_eq!(table.lines().count(), ids.lines().count() + 1, "{line} has no heading: {table}");
        }
    }

    #[test]
    fn json_has_what_the_engine_says_and_nobody_knows_yet() {
        let (world, _) = World::furnished();
        let fields = |ran: Ran| serde_json::from_str::<serde_json::Map<_, Value>>(&ran.ended(0).out).unwrap();
        let usual = fields(world.tp("-o json cluster list"));
        let strange = world.emulator.script().add(Rule::on("cluster.list", Fault::UnknownFields));
        let more = fields(world.tp("-o json cluster list"));
        assert_eq!(strange.fired(), 1);
        assert!(more.len() > usual.len(), "{more:?}");
    }

    #[test]
    fn no_escape_sequence_goes_into_a_pipe() {
        let (world, mut lines) = World::furnished();
        let more = ["", "--help", "--version", "cluster", "cluster --help", "cluster create --help"];
        lines.extend(more.map(str::to_owned));
        for line in &lines {
            let ran = world.tp(line).ended(0);
            assert!(!ran.escapes(), "{line}: {ran:?}");
        }
        for line in ["cluster info c-none", "nothing", "cluster destroy c-1", "storage create 1 --wait"] {
            let ran = world.tp(line);
            assert!(!ran.escapes() && !ran.err.is_empty(), "{line}: {ran:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dumb_terminal_gets_no_escape_sequence_and_no_color_gets_no_color() {
        let (world, mut lines) = World::furnished();
        let more = ["--help", "cluster info c-none", "nothing", "cluster create 1xH100 --yes --wait"];
        lines.extend(more.map(str::to_owned));
        for line in &lines {
            let dumb = world.typed(line, "", &[("TERM", "dumb")]);
            assert!(!dumb.out.is_empty() && !dumb.escapes(), "{line}: {dumb:?}");
            let plain = world.typed(line, "", &[("NO_COLOR", "1")]);
            // A color is a sequence that ends with `m`; one that moves the cursor is none.
            let sequences = plain.out.split("\x1b[").skip(1);
            let ends =
                sequences.map(|after| after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
            assert_eq!(ends.filter(|end| end.starts_with('m')).count(), 0, "{line}: {plain:?}");
        }
    }

    #[test]
    fn a_reader_that_goes_away_is_no_failure() {
        let (world, mut lines) = World::furnished();
        lines.extend(["--help", "--version", "cluster"].map(str::to_owned));
        for line in &lines {
            let mut command = world.command(line);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            drop(child.stdout.take());
            let ran = Ran::of(child.wait_with_output().unwrap()).ended(0);
            assert!(!ran.err.contains("error") && !ran.err.contains("panicked"), "{line}: {ran:?}");
        }
    }

    #[test]
    fn a_group_alone_shows_its_help() {
        let world = World::fast();
        for group in ["", "cluster", "storage", "nfs", "request"] {
            let ran = world.tp(group).ended(0);
            assert!(ran.out.contains("Usage: ") && ran.err.is_empty(), "{group}: {ran:?}");
        }
        assert_eq!(world.all_seen(), 0);
    }
}
