//! An engine whose answers are the same each time, and `tp` run against it.

use std::process::{Command, Stdio};

use tensorpool_emulator::{Config, Emulator, Server, ServerOptions, Timings};

const KEY: &str = "key-of-the-tests";

pub(crate) struct World {
    pub(crate) emulator: Emulator,
    url: String,
    home: tempfile::TempDir,
    // Dropped in this order: the server's tasks live in the runtime.
    _server: Server,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Config::single_user(KEY).unwrap().seed(7).timings(Timings::instant());
        let emulator = Emulator::new(config);
        let address = ([127, 0, 0, 1], 0).into();
        let server =
            runtime.block_on(Server::bind(address, emulator.clone(), ServerOptions::default())).unwrap();
        let home = tempfile::tempdir().unwrap();
        Self { emulator, url: server.url(), home, _server: server, _runtime: runtime }
    }

    /// Runs a command line; what it printed, and how it ended.
    pub(crate) fn tp(&self, line: &str) -> String {
        self.tp_with(line, KEY)
    }

    pub(crate) fn tp_with(&self, line: &str, key: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_tp-under-test"))
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .env("TP_KEYRING", "off")
            .env("TENSORPOOL_ENGINE", &self.url)
            .env("TENSORPOOL_KEY", key)
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let shown = |name: &str, bytes: &[u8]| match std::str::from_utf8(bytes).unwrap() {
            "" => String::new(),
            text => format!("--- {name}\n{text}"),
        };
        let (out, err) = (shown("stdout", &output.stdout), shown("stderr", &output.stderr));
        format!("$ tp {line}\n{out}{err}--- ends with {}\n\n", output.status.code().unwrap())
    }

    /// Without what is another each time: the engine's port, the moment, and what is left of the balance by then.
    pub(crate) fn steady(&self, text: &str) -> String {
        let text = text.replace(&self.url, "http://ENGINE");
        let moving = [
            (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ)?", "MOMENT"),
            (r"\$(999|1000)\.\d\d", "$$BALANCE"),
            (r#""balance": [0-9.]+"#, r#""balance": BALANCE"#),
        ];
        moving.iter().fold(text, |text, (pattern, word)| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
        })
    }

    /// A running cluster, a ready volume attached to it, a key and a bucket; with the ids of the first two.
    pub(crate) fn furnished() -> (Self, String, String) {
        let world = Self::new();
        let id = |line: &str| {
            let ran = world.tp(&format!("{line} --yes --wait -o id"));
            let (_, rest) = ran.split_once("--- stdout\n").unwrap_or_else(|| panic!("{ran}"));
            rest.lines().next().unwrap().to_owned()
        };
        let cluster = id("cluster create 8xH200 -n 2 --name train");
        let volume = id("storage create 100 --name data");
        for line in ["object-storage enable", "object-storage bucket create models"] {
            let ran = world.tp(line);
            assert!(ran.contains("ends with 0"), "{ran}");
        }
        let ran = world.tp(&format!("cluster attach {cluster} {volume} --wait"));
        assert!(ran.contains("ends with 0"), "{ran}");
        (world, cluster, volume)
    }
}
