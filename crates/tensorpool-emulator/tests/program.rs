//! The program: its first line, its refusals, its end.
#![cfg(feature = "server")]

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;
    use std::process::{Command, Stdio};

    fn program() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tensorpool-emulator"));
        command.env_remove("TENSORPOOL_EMULATOR_KEY").stdin(Stdio::null());
        command
    }

    #[test]
    fn it_says_where_it_listens_never_the_key_and_stops_when_told() {
        let mut child = program()
            .args(["--key", "tp-canary", "--time-scale", "60"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().trim_end();
        assert!(address.starts_with("127.0.0.1:"), "{line:?}");

        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /me HTTP/1.0\r\nauthorization: Bearer tp-canary\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("ada@example.com"), "{answer}");

        let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(told.success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        assert!(rest.contains("TENSORPOOL_ENGINE=http://127.0.0.1:"), "{rest}");
        assert!(!rest.contains("canary"), "{rest}");
    }

    #[cfg(unix)]
    #[test]
    fn an_engine_that_runs_jobs_has_a_key_of_its_own_and_says_that_rsync_is_missing() {
        let mut keys = Vec::new();
        for _ in 0..2 {
            let mut child =
                program().arg("--run-jobs").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
            assert!(told.success());
            assert_eq!(child.wait().unwrap().code(), Some(0));
            let mut words = String::new();
            child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
            let key = words.split("TENSORPOOL_KEY=").nth(1).and_then(|rest| rest.split_whitespace().next());
            keys.push(key.unwrap_or_else(|| panic!("no key; is rsync installed? {words}")).to_owned());
        }
        assert!(keys[0] != keys[1] && keys[0].len() > 30, "{keys:?}");

        let output = program().arg("--run-jobs").env("PATH", "").output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(words.starts_with("error: ") && words.contains("apt-get install rsync"), "{words}");
    }

    #[test]
    fn it_refuses_to_be_open_to_all_without_a_key_of_the_users() {
        for arguments in [
            "--listen 0.0.0.0:0",
            "--listen [::]:0",
            "--time-scale 0",
            "--run-jobs --key x --listen 0.0.0.0:0",
        ] {
            let output = program().args(arguments.split(' ')).output().unwrap();
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
            assert!(words.starts_with("error: "), "{words}");
            assert!(output.stdout.is_empty());
        }
        assert_eq!(program().args(["--key", "a b"]).output().unwrap().status.code(), Some(2));
    }
}
