//! Watches a job until it has ended, whatever happens to the network meanwhile.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde_json::Value;
use tensorpool_client::core::api::job::GetJob;
use tensorpool_client::core::model::{JobInfo, JobStatus};

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::wait::spinner;

/// How often it is asked for: quick jobs are seen to end at once, long ones are not asked for all the time.
const SOONEST: Duration = Duration::from_millis(500);
const LATEST: Duration = Duration::from_secs(5);

/// The job as it was when it had ended, and the engine's whole answer.
pub(super) async fn ended(app: &App, id: &str, limit: Duration) -> Result<(JobInfo, Value), Failure> {
    let spinner = spinner(app);
    let ended = watch(app, id, limit, &spinner).await;
    spinner.finish_and_clear();
    ended
}

async fn watch(
    app: &App,
    id: &str,
    limit: Duration,
    spinner: &ProgressBar,
) -> Result<(JobInfo, Value), Failure> {
    let begun = Instant::now();
    let resume = format!("resume with `tp job wait {id}`");
    let (mut pause, mut last) = (SOONEST, String::new());
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let look = async {
            let reply = app.client()?.reply(GetJob::new(id)).await?;
            let json = serde_json::from_slice(reply.body.expose()).unwrap_or(Value::Null);
            Ok::<_, Failure>((reply.value.job_info, json))
        };
        let looked = tokio::select! {
            looked = look => looked,
            _ = &mut interrupt => return Err(interrupted(&resume)),
        };
        let now = match looked {
            Ok((job, json)) if job.status.as_ref().is_some_and(JobStatus::is_terminal) => {
                return Ok((job, json));
            }
            Ok((job, _)) => super::text(job.status.as_ref()),
            // The job does not mind; the wait ends with its limit.
            Err(failure) if failure.retryable => failure.message,
            Err(failure) => return Err(failure),
        };
        let now = format!("job {id}: {now}");
        spinner.set_message(crate::output::clean(&now));
        if !app.screen.lively && now != last {
            app.screen.say(&format!("{:.0}s  {now}", begun.elapsed().as_secs_f64()));
            last = now;
        }
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            let why = format!("job {id} has not ended within {}", humantime::format_duration(limit));
            return Err(Failure::new(Exit::TimedOut, why).hint(format!("it goes on; {resume}")));
        }
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            _ = &mut interrupt => return Err(interrupted(&resume)),
        }
        pause = (pause * 3 / 2).min(LATEST);
    }
}

fn interrupted(resume: &str) -> Failure {
    Failure::new(Exit::Interrupted, "interrupted; the job goes on").hint(resume)
}
