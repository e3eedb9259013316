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

    #[test]
    fn it_refuses_to_be_open_to_all_without_a_key_of_the_users() {
        for arguments in
            [["--listen", "0.0.0.0:0"], ["--listen", "[::]:0"], ["--time-scale", "0"], ["--key", "a b"]]
        {
            let output = program().args(arguments).output().unwrap();
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
            assert!(words.starts_with("error: "), "{words}");
            assert!(output.stdout.is_empty());
        }
    }
}
