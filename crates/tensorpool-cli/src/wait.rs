//! Waiting: an operation followed to its end, with a spinner, until a deadline or Ctrl-C.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tensorpool_client::core::flow::Wait;
use tensorpool_client::{Pending, Transport};

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::clean;

/// How long `--wait` waits if it does not say: a cluster of many nodes takes its time.
pub(crate) const DEFAULT: &str = "45m";

/// Follows an operation; the last word on each of its requests.
pub(crate) async fn follow<T: Transport, R>(
    app: &App,
    pending: Pending<T, R>,
    limit: Duration,
) -> Result<Value, Failure> {
    let mut pending = pending.within(Wait::up_to(limit));
    let spinner = spinner(app);
    let resume: Vec<_> = pending.handle().requests().iter().map(|id| id.as_str().to_owned()).collect();
    let mut last = BTreeMap::new();
    let mut said = String::new();
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let step = tokio::select! {
            step = pending.next() => step,
            _ = &mut interrupt => {
                spinner.finish_and_clear();
                return Err(Failure::new(Exit::Interrupted, "interrupted; the operation goes on")
                    .hint(format!("resume with `tp request wait {}`", resume.join(" "))));
            }
        };
        let Some(step) = step else { break };
        let message = clean(&step.message());
        if let Ok(info) = &step.outcome {
            let json = serde_json::to_value(info).unwrap_or(Value::Null);
            last.insert(info.request_id.as_str().to_owned(), json);
        }
        if app.screen.lively {
            spinner.set_message(message);
        } else if message != said {
            app.screen.say(&format!("{:.0}s  {message}", step.elapsed.as_secs_f64()));
            said = message;
        }
    }
    spinner.finish_and_clear();
    pending.outcome()?;
    Ok(Value::Array(last.into_values().collect()))
}

/// A spinner with the elapsed time, on a terminal; nothing elsewhere.
pub(crate) fn spinner(app: &App) -> ProgressBar {
    if !app.screen.lively {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    let spinner =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
