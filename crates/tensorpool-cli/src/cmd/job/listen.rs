//! `tp job listen`

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::{Value, json};
use tensorpool_client::core::session::ListenEvent;
use tensorpool_client::{self as client, SocketTransport};

use super::{exit_code, is_document};
use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// `tp job listen JOB`.
#[derive(Args, Debug)]
pub(crate) struct Listen {
    /// The job's id
    job_id: String,
    /// Of what it has printed before, only the last N messages
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
    /// Put the time at which it came before each line
    #[arg(long)]
    timestamps: bool,
    /// End once everything that was printed before has come
    #[arg(long)]
    no_follow: bool,
    /// End with the job's own exit code
    #[arg(long)]
    exit_status: bool,
}

/// What was printed before comes in one go: after this long without a line, it has come. The engine does not say so.
const QUIET: Duration = Duration::from_secs(1);
/// How long it may take until the first line comes.
const FIRST: Duration = Duration::from_secs(5);

impl Listen {
    /// Everything from now on, as `tp job push --listen` does.
    pub(super) fn to(job_id: &str, exit_status: bool) -> Self {
        Self { job_id: job_id.to_owned(), tail: None, timestamps: false, no_follow: false, exit_status }
    }

    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        if app.globals.dry_run {
            return Err(Failure::usage("listening sends nothing that a dry run could show"));
        }
        let mut listen = app.client()?.jobs().listen(self.job_id.as_str())?;
        let mut heard = Heard { app, timestamps: self.timestamps, lines: Vec::new(), gaps: 0 };
        let whole = tokio::select! {
            whole = self.hear(&mut listen, &mut heard) => whole?,
            _ = tokio::signal::ctrl_c() => {
                return Err(Failure::new(Exit::Interrupted, "interrupted; the job goes on")
                    .hint(format!("resume with `tp job listen {}`", self.job_id)));
            }
        };
        let mut end = (Value::Null, Value::Null);
        if whole {
            let ended = listen.outcome()?;
            let code = ended.exit_code.map(|code| format!(" with exit code {code}")).unwrap_or_default();
            app.screen.say(&format!("job {}: {}{code}", self.job_id, ended.status));
            if self.exit_status {
                app.end_with(exit_code(Some(&ended.status), ended.exit_code));
            }
            end = (json!(ended.status.to_string()), json!(ended.exit_code));
        }
        if !is_document(app) {
            return Ok(());
        }
        app.screen.json(&json!({
            "job_id": self.job_id,
            "lines": heard.lines,
            "gaps": heard.gaps,
            "status": end.0,
            "exit_code": end.1,
        }))
    }

    /// Tells everything until the end; false if it ends before that, as it was told to.
    async fn hear<T: SocketTransport>(
        &self,
        listen: &mut client::Listen<T>,
        heard: &mut Heard<'_>,
    ) -> Result<bool, Failure> {
        // Until what was printed before has come, the last of it is kept back.
        let mut before = (self.tail.is_some() || self.no_follow).then(VecDeque::new);
        let mut any = false;
        loop {
            let event = if before.is_some() {
                let patience = if any { QUIET } else { FIRST };
                tokio::time::timeout(patience, listen.next()).await
            } else {
                Ok(listen.next().await)
            };
            let event = match event {
                Ok(Some(event)) => event,
                ended => {
                    for line in before.take().into_iter().flatten() {
                        heard.line(line)?;
                    }
                    match ended {
                        Ok(_) => return Ok(true),
                        Err(_) if self.no_follow => return Ok(false),
                        Err(_) => continue,
                    }
                }
            };
            match event {
                ListenEvent::Line(line) => {
                    any = true;
                    match &mut before {
                        Some(kept) => {
                            kept.push_back(line);
                            if self.tail.is_some_and(|most| kept.len() > most) {
                                kept.pop_front();
                            }
                        }
                        None => heard.line(line)?,
                    }
                }
                ListenEvent::Gap { away } => {
                    heard.gaps += 1;
                    let away = away.as_secs();
                    heard
                        .app
                        .screen
                        .say(&format!("— gap: back after {away} s; lines may be missing or repeated —"));
                }
                ListenEvent::Cut { error, retry_in } => {
                    let next = match retry_in {
                        Some(wait) => format!("trying again in {:.1} s", wait.as_secs_f64()),
                        None => "asking the engine how the job is".to_owned(),
                    };
                    heard.app.screen.say(&format!("{error}; {next}"));
                }
                ListenEvent::Resumed { away, .. } => {
                    heard.app.screen.say(&format!("back after {} s, nothing is missing", away.as_secs()));
                }
                _ => {}
            }
        }
    }
}

/// What was heard, told as it comes or kept for one document.
struct Heard<'a> {
    app: &'a App,
    timestamps: bool,
    lines: Vec<Value>,
    gaps: u64,
}

impl Heard<'_> {
    fn line(&mut self, text: String) -> Result<(), Failure> {
        let time = self.timestamps.then(|| humantime::format_rfc3339_millis(SystemTime::now()).to_string());
        if is_document(self.app) {
            self.lines.push(match time {
                Some(time) => json!({ "time": time, "text": text }),
                None => Value::String(text),
            });
            return Ok(());
        }
        let prefix = time.map(|time| format!("{time} ")).unwrap_or_default();
        output::write(format!("{prefix}{text}\n").as_bytes())
    }
}
