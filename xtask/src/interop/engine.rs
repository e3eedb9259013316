//! The emulator as a process of its own, and a look inside it over HTTP.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tensorpool_core::http::Response;
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint};

use crate::project::Project;

/// The token the emulator is told to accept.
pub(super) const KEY: &str = "tp-interop-placeholder";

/// The package and its program.
pub(super) const BINARY: &str = "tensorpool-emulator";
const STARTUP: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(5);

/// A running emulator; dropping it ends it.
pub(super) struct Engine {
    process: Child,
    log: PathBuf,
    url: String,
    context: Context,
}

impl Engine {
    /// Builds the emulator and starts it on a free port of this machine.
    pub(super) fn start(project: &Project, time_scale: u32) -> Result<Self> {
        let log = project.target()?.join("interop-emulator.log");
        Self::spawn(&build(project, BINARY, BINARY)?, log, time_scale, &["--run-jobs"])
    }

    /// Starts an emulator that is built already.
    pub(super) fn spawn(binary: &Path, log: PathBuf, time_scale: u32, more: &[&str]) -> Result<Self> {
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--key", KEY, "--time-scale", &time_scale.to_string()])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = process.stdout.take();
        // From here on `Drop` ends the process, whatever goes wrong.
        let context = Context::new(BaseUrl::default(), ApiToken::new(KEY)?);
        let mut engine = Self { process, log, url: String::new(), context };
        let line = first_line(stdout.context("the emulator has no output")?)
            .with_context(|| format!("the emulator did not start; its log is {}", engine.log.display()))?;
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            bail!("the emulator's first line is {line:?}, not `listening on <url>`");
        };
        engine.context = Context::new(BaseUrl::parse(url)?, ApiToken::new(KEY)?);
        engine.url = url.to_owned();
        Ok(engine)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What the emulator wrote to its log.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_else(|error| format!("{}: {error}", self.log.display()))
    }

    /// Asks the emulator, as the library would: a request of core's over the simplest of all transports.
    pub(super) fn ask<E: Endpoint>(&self, endpoint: &E) -> Result<E::Response> {
        let request = self.context.request(endpoint)?;
        let authority = request.uri().authority().context("the request has no host")?;
        let target = request.uri().path_and_query().context("the request has no path")?;
        // With HTTP/1.0 the end of the connection is the end of the body: no keep-alive, no chunks.
        let mut head =
            format!("{} {target} HTTP/1.0\r\nhost: {authority}\r\n", request.method()).into_bytes();
        for (name, value) in request.headers() {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        head.extend(format!("content-length: {}\r\n\r\n", request.body().len()).as_bytes());
        let mut stream = TcpStream::connect(authority.as_str())?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(&head)?;
        stream.write_all(request.body())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(endpoint.accept(&response(&answer)?)?)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Told to end, it cleans up after the jobs it has run. It may be gone already; either way nothing is left to be
        // done about it.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let start = Instant::now();
        while start.elapsed() < FAREWELL && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds a program of a package and returns where it is.
pub(super) fn build(project: &Project, package: &str, program: &str) -> Result<PathBuf> {
    let build = project.cargo().args([
        "build",
        "-p",
        package,
        "--bin",
        program,
        "--message-format=json-render-diagnostics",
    ]);
    let messages = build.read()?;
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message.pointer("/target/name")? == program).then_some(())?;
        message.get("executable")?.as_str().map(PathBuf::from)
    };
    let built = messages.lines().filter_map(executable).next_back();
    built.with_context(|| format!("cargo built no {program}"))
}

fn first_line(stdout: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines();
        // Nobody listens any more once the wait is over.
        let _ = sender.send(lines.next().transpose());
        // Read on, so that a later print neither blocks the emulator nor fails.
        lines.map_while(Result::ok).for_each(drop);
    });
    receiver.recv_timeout(STARTUP).context("no line in time")??.context("it ended without a line")
}

/// Reads an HTTP/1 answer that ended with its connection.
fn response(bytes: &[u8]) -> Result<Response<Bytes>> {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("the answer has no end of headers")?;
    let (head, body) = bytes.split_at(end);
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("the answer has no status")?;
    let mut builder = Response::builder().status(status);
    for line in lines {
        let (name, value) = line.split_once(':').with_context(|| format!("{line:?} is no header"))?;
        builder = builder.header(name, value.trim());
    }
    Ok(builder.body(Bytes::copy_from_slice(body.get(4..).unwrap_or_default()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_to_its_end() {
        let answer = response(b"HTTP/1.0 404 Not Found\r\nretry-after: 3\r\n\r\n{\"a\":\r\n\r\n1}").unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers().get("retry-after").unwrap(), "3");
        assert_eq!(answer.body(), "{\"a\":\r\n\r\n1}");
        assert!(response(b"HTTP/1.0 200 OK\r\n").is_err());
        assert!(response(b"").is_err());
    }
}
