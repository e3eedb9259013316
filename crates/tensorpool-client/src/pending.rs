//! `Pending`: an operation the engine has accepted and goes on with.

use std::fmt;

use tensorpool_core::Error;
use tensorpool_core::flow::{Flow, OperationHandle, Step, Wait, WaitAll};
use tensorpool_core::model::RequestInfo;

use crate::drive::step;
use crate::{Client, Transport};

/// An operation the engine has accepted. **Dropping it never cancels anything at the engine**: it goes on, and is billed.
///
/// ```
/// # use tensorpool_client::core::{api::cluster::CreateCluster, flow::Wait};
/// # use tensorpool_client::{Client, Transport};
/// # async fn example<T: Transport>(client: Client<T>) -> Result<(), tensorpool_client::core::Error> {
/// let mut op = client.clusters().create(CreateCluster::new("8xH100").name("train")).await?;
/// println!("{:?}", op.handle()); // keep it: the wait can be taken up after a restart
/// while let Some(step) = op.next().await {
///     println!("{step}");
/// }
/// let created = op.outcome()?;
/// println!("{} is up", created.cluster_id);
/// # Ok(())
/// # }
/// ```
#[must_use = "the operation goes on at the engine; wait for it, or keep its handle"]
pub struct Pending<T, R> {
    client: Client<T>,
    response: R,
    wait: WaitAll,
}

impl<T: Transport, R> Pending<T, R> {
    pub(crate) fn new(client: Client<T>, response: R, wait: WaitAll) -> Self {
        Self { client, response, wait }
    }

    /// What the engine answered when it accepted the operation.
    pub fn response(&self) -> &R {
        &self.response
    }

    /// That answer, the operation left to itself.
    pub fn into_response(self) -> R {
        self.response
    }

    /// What to keep so that the wait can be taken up with [`Client::resume`].
    pub fn handle(&self) -> &OperationHandle {
        self.wait.handle_to_resume()
    }

    /// Follows it as long as `wait` says, instead of the client's default.
    pub fn within(mut self, wait: Wait) -> Self {
        self.wait.set_wait(wait);
        self
    }

    /// The next thing the engine says of it; `None` once it has ended, one way or the other: [`outcome`](Self::outcome)
    /// then says which.
    ///
    /// # Cancel safety
    ///
    /// Safe: nothing is lost when the future is dropped, the next call asks anew.
    pub async fn next(&mut self) -> Option<Step<RequestInfo>> {
        self.wait.forget_unanswered();
        step(self.client.transport(), &mut self.wait).await
    }

    /// How it ended.
    ///
    /// # Errors
    ///
    /// [`Error::Operation`] if it failed, or is not known to have ended; the error holds the handle.
    pub fn outcome(self) -> Result<R, Error> {
        self.wait.finish()?;
        Ok(self.response)
    }

    /// Waits for its end, as long as `wait` says.
    ///
    /// # Errors
    ///
    /// As [`outcome`](Self::outcome).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait, not the operation. Keep the [`handle`](Self::handle) first.
    pub async fn wait(mut self, wait: Wait) -> Result<R, Error> {
        self.wait.set_wait(wait);
        while self.next().await.is_some() {}
        self.outcome()
    }

    /// Waits for its end, as long as the client's default says (45 minutes unless told otherwise).
    ///
    /// # Errors
    ///
    /// As [`outcome`](Self::outcome).
    ///
    /// # Cancel safety
    ///
    /// As [`wait`](Self::wait).
    pub async fn done(self) -> Result<R, Error> {
        let wait = self.client.default_wait().clone();
        self.wait(wait).await
    }
}

impl<T, R: fmt::Debug> fmt::Debug for Pending<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("response", &self.response)
            .field("handle", self.wait.handle_to_resume())
            .finish_non_exhaustive()
    }
}
