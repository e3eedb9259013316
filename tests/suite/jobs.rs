//! Jobs, as far as they go over REST.

use tensorpool_client::Transport;
use tensorpool_client::core::api::job::PullJob;
use tensorpool_client::core::model::{JobStatus, System};
use tensorpool_emulator::NewJob;

use crate::world::{World, impatient};

pub(crate) async fn a_job_is_canceled_pulled_and_deleted<T: Transport + Clone>(world: &World<T>) {
    let client = world.client();
    let jobs = client.jobs();
    assert!(jobs.init().await.unwrap().empty_tp_config.contains("commands"));

    let running = NewJob::new(JobStatus::Running).user("u-ada").file("out/model.pt", &b"weights"[..]);
    let id = world.emulator.with_engine(|engine| engine.add_job(running));
    assert!(jobs.delete(&id).await.unwrap_err().is_conflict());
    let live = jobs.pull(PullJob::new(&id).system(System::Linux)).await.unwrap();
    assert!(
        live.command.as_deref().is_some_and(|c| c.starts_with("rsync ")),
        "{:?} {:?}",
        live.command,
        live.message
    );
    assert!(live.download_map.unwrap_or_default().is_empty());

    let end = jobs.cancel_and_wait(&id, impatient()).await.unwrap();
    assert!(end.canceled);
    assert_eq!(jobs.info(&id).await.unwrap().status, Some(JobStatus::Canceled));

    let names = jobs.pull(PullJob::new(&id).dry_run(true)).await.unwrap().download_map.unwrap();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [("out/model.pt".to_owned(), None)]);
    let urls = jobs.pull(PullJob::new(&id)).await.unwrap().download_map.unwrap();
    assert!(urls["out/model.pt"].is_some());

    jobs.delete(&id).await.unwrap();
    assert!(jobs.list().await.unwrap().is_empty());
    assert!(jobs.info(&id).await.unwrap_err().is_not_found());
}
