//! Jobs.

use tensorpool_core::api::job::{
    CancelJob, DeleteJob, GetJob, InitJob, JobCancellation, JobList, JobPull, JobTemplate, ListJobs, PullJob,
};
use tensorpool_core::flow::{Cancel, JobEnd, Wait};
use tensorpool_core::model::{Acknowledged, JobInfo};
use tensorpool_core::reconcile::{self, Reconciled};
use tensorpool_core::session::{self, ListenOptions, PushJob};
use tensorpool_core::{Error, JobId};

use super::handle;
use crate::{Listen, Push, SocketTransport, Transport, drive};

handle! {
    /// Jobs: commands that run on a cluster and leave files behind.
    Jobs
}

impl<T: Transport> Jobs<'_, T> {
    /// `GET /job/init`: the text of a new `.tp.toml`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn init(self) -> Result<JobTemplate, Error> {
        self.0.send(InitJob).await
    }

    /// `GET /job/list`: the user's own jobs.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<JobInfo>, Error> {
        Ok(self.list_with(ListJobs::new()).await?.jobs)
    }

    /// `GET /job/list` with options, and with the server's text table.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list_with(self, list: ListJobs) -> Result<JobList, Error> {
        self.0.send(list).await
    }

    /// `GET /job/info/{job_id}`: one job.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found).
    pub async fn info(self, job: impl Into<JobId>) -> Result<JobInfo, Error> {
        Ok(self.0.send(GetJob::new(job)).await?.job_info)
    }

    /// `GET /job/pull/{job_id}`: where a job's outputs are.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn pull(self, pull: PullJob) -> Result<JobPull, Error> {
        self.0.send(pull).await
    }

    /// A job's outputs into a directory: parallel, resumed where an earlier run left off, and never outside the directory.
    ///
    /// ```
    /// # use tensorpool_client::{BodyTransport, Client};
    /// use tensorpool_client::download::{Download, Pulled};
    ///
    /// # async fn example<T: BodyTransport>(client: Client<T>) -> Result<(), tensorpool_client::core::Error> {
    /// match client.jobs().download("j-1", Download::into("outputs")).await? {
    ///     Pulled::Files(mut files) => {
    ///         while let Some(progress) = files.next().await {
    ///             println!("{progress}");
    ///         }
    ///         for file in files.report().missing() {
    ///             println!("{:?}: {}", file.name, file.fate);
    ///         }
    ///     }
    ///     Pulled::Command(command) => println!("still running; to be run here: {:?}", command.judged()),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull), and [`Error::Transfer`] if the directory cannot be opened. What becomes of a file is not an
    /// error here but its [`Fate`](crate::download::Fate).
    #[cfg(feature = "download")]
    pub async fn download(
        self,
        job: impl Into<JobId>,
        download: crate::download::Download,
    ) -> Result<crate::download::Pulled<T>, Error>
    where
        T: crate::BodyTransport,
    {
        crate::download::Downloading::begin(self.0.clone(), job.into(), download).await
    }

    /// `POST /job/cancel/{job_id}`: asks for a cancellation. The job goes on until it is `canceled`.
    ///
    /// # Errors
    ///
    /// Probably [`is_conflict`](Error::is_conflict) for a job that has ended.
    pub async fn cancel(self, job: impl Into<JobId>) -> Result<JobCancellation, Error> {
        self.0.send(CancelJob::new(job)).await
    }

    /// Cancels a job and watches it until it has ended.
    ///
    /// # Errors
    ///
    /// As [`cancel`](Self::cancel), and [`Error::Operation`] if its end was not seen.
    pub async fn cancel_and_wait(self, job: impl Into<JobId>, wait: Wait) -> Result<JobEnd, Error> {
        let job = job.into();
        let call = self.0.call(CancelJob::new(&job))?;
        let cancel = Cancel::new(self.0.context(), call, &job, wait, self.0.transport().entropy())?;
        drive(self.0.transport(), cancel).await
    }

    /// What became of `push` when its outcome is unknown: asks for the list, and orders nothing. `before` is what was
    /// listed before it went out, if that is known: see [`reconcile`](tensorpool_core::reconcile).
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn reconcile(
        self,
        push: &PushJob,
        before: Option<&[JobId]>,
    ) -> Result<Reconciled<JobInfo>, Error> {
        Ok(reconcile::job(push, self.list().await?, before))
    }

    /// `DELETE /job/delete/{job_id}`: hides a job that has ended.
    ///
    /// # Errors
    ///
    /// Probably [`is_conflict`](Error::is_conflict) for a job that has not ended.
    pub async fn delete(self, job: impl Into<JobId>) -> Result<Acknowledged, Error> {
        self.0.send(DeleteJob::new(job)).await
    }
}

impl<T: SocketTransport> Jobs<'_, T> {
    /// `WS /job/push`: pushes a job. Nothing is sent before [`Push::next`].
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the cluster's id cannot be one.
    pub fn push(self, job: &PushJob) -> Result<Push<T>, Error> {
        let session = session::Push::new(self.0.context(), job)?;
        Ok(Push::new(self.0.clone(), session))
    }

    /// `WS /job/listen/{job_id}`: listens to a job until it has ended. Nothing is sent before [`Listen::next`].
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the job's id cannot be one.
    pub fn listen(self, job: impl Into<JobId>) -> Result<Listen<T>, Error> {
        self.listen_with(job, ListenOptions::default())
    }

    /// As [`listen`](Self::listen), told how.
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen).
    pub fn listen_with(self, job: impl Into<JobId>, options: ListenOptions) -> Result<Listen<T>, Error> {
        let (budget, seed) = (self.0.retry_budget().clone(), self.0.transport().entropy());
        let session = session::Listen::new(self.0.context(), job, options, budget, seed)?;
        Ok(Listen::new(self.0.clone(), session))
    }
}
