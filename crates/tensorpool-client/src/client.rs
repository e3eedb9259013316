//! `Client`: an engine, a token and a transport.

use std::fmt;
use std::sync::Arc;

use tensorpool_core::error::BuildError;
use tensorpool_core::flow::{
    Call, Flow as _, OperationHandle, RetryBudget, RetryPolicy, Submitted, Wait, WaitAll,
};
use tensorpool_core::http::Response;
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, Error, Reply};

use crate::builder::{Builder, FromOptions};
use crate::drive::settle;
use crate::resource::{Account, Clusters, Jobs, ObjectStorage, Requests, SshKeys, Storage};
use crate::{AnyTransport, Pending, SocketTransport, Transport};

/// A client of the engine. Cheap to clone; clones share connections and retry budget.
///
/// Calls are found by what they are about: [`clusters`](Self::clusters), [`jobs`](Self::jobs),
/// [`storage`](Self::storage), [`object_storage`](Self::object_storage), [`ssh_keys`](Self::ssh_keys),
/// [`account`](Self::account), [`requests`](Self::requests). Anything else goes through [`send`](Self::send).
pub struct Client<T = AnyTransport>(Arc<Inner<T>>);

struct Inner<T> {
    transport: T,
    context: Context,
    retry: RetryPolicy,
    budget: RetryBudget,
    wait: Wait,
}

impl<T: Transport> Client<T> {
    /// A client of the public engine.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the token cannot be sent, or the transport not be made.
    pub fn new(token: impl Into<String>) -> Result<Self, Error>
    where
        T: FromOptions,
    {
        Self::builder().token(token).build()
    }

    /// A client as the environment says: `TENSORPOOL_KEY`, and `TENSORPOOL_ENGINE` for another engine.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and without a key.
    pub fn from_env() -> Result<Self, Error>
    where
        T: FromOptions,
    {
        Self::builder().env().build()
    }

    /// A client of the public engine over a transport of your own.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the token cannot be sent.
    pub fn with_transport(transport: T, token: impl Into<String>) -> Result<Self, Error> {
        Self::builder().token(token).build_with(transport)
    }

    /// Everything a client can be told.
    #[must_use]
    pub fn builder() -> Builder<T> {
        Builder::new()
    }

    pub(crate) fn from_parts(
        transport: T,
        context: Context,
        retry: RetryPolicy,
        budget: RetryBudget,
        wait: Wait,
    ) -> Self {
        Self(Arc::new(Inner { transport, context, retry, budget, wait }))
    }

    /// The same client, its transport's type forgotten, and its sockets with it: see
    /// [`erase_with_sockets`](Self::erase_with_sockets). Connections and retry budget stay shared.
    #[must_use]
    pub fn erase(&self) -> Client<AnyTransport>
    where
        T: Clone,
    {
        self.erased(AnyTransport::new(self.0.transport.clone()))
    }

    /// As [`erase`](Self::erase), but the result can push and listen.
    #[must_use]
    pub fn erase_with_sockets(&self) -> Client<AnyTransport>
    where
        T: SocketTransport + Clone,
    {
        self.erased(AnyTransport::with_sockets(self.0.transport.clone()))
    }

    fn erased(&self, transport: AnyTransport) -> Client<AnyTransport> {
        let inner = &self.0;
        Client::from_parts(
            transport,
            inner.context.clone(),
            inner.retry.clone(),
            inner.budget.clone(),
            inner.wait.clone(),
        )
    }

    /// Clusters.
    #[must_use]
    pub fn clusters(&self) -> Clusters<'_, T> {
        Clusters::new(self)
    }

    /// Jobs.
    #[must_use]
    pub fn jobs(&self) -> Jobs<'_, T> {
        Jobs::new(self)
    }

    /// Storage volumes.
    #[must_use]
    pub fn storage(&self) -> Storage<'_, T> {
        Storage::new(self)
    }

    /// Object storage.
    #[must_use]
    pub fn object_storage(&self) -> ObjectStorage<'_, T> {
        ObjectStorage::new(self)
    }

    /// SSH keys on the account, and the way into instances.
    #[must_use]
    pub fn ssh_keys(&self) -> SshKeys<'_, T> {
        SshKeys::new(self)
    }

    /// The account: token, preferences, organization; and whether the engine is up.
    #[must_use]
    pub fn account(&self) -> Account<'_, T> {
        Account::new(self)
    }

    /// Requests: operations under way.
    #[must_use]
    pub fn requests(&self) -> Requests<'_, T> {
        Requests::new(self)
    }

    /// Calls an endpoint, with retries where they are safe, and reads its answer.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the call; a request under way may have been received.
    pub async fn send<E: Endpoint>(&self, endpoint: E) -> Result<E::Response, Error> {
        Ok(self.reply(endpoint).await?.value)
    }

    /// As [`send`](Self::send), with the answer's status and headers.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn reply<E: Endpoint>(&self, endpoint: E) -> Result<Reply<E::Response>, Error> {
        let mut call = self.call(endpoint)?;
        settle(&self.0.transport, call.exchange()).await;
        call.finish()
    }

    /// As [`send`](Self::send), but the answer stays as it came: any status, headers, raw bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Build`], or [`Error::Transport`] and [`Error::Exhausted`] if no answer came at all.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_raw<E: Endpoint>(&self, endpoint: E) -> Result<Response<Bytes>, Error> {
        let mut call = self.call(endpoint)?;
        settle(&self.0.transport, call.exchange()).await;
        call.finish_raw()
    }

    /// Takes up an operation again, after a restart or from another process.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if a request id in the handle cannot be one.
    pub fn resume(&self, handle: OperationHandle) -> Result<Pending<T, OperationHandle>, Error> {
        let inner = &self.0;
        let wait =
            WaitAll::resume(&inner.context, handle.clone(), inner.wait.clone(), inner.transport.entropy())?;
        Ok(Pending::new(self.clone(), handle, wait))
    }

    /// Submits an endpoint whose answer is to be followed.
    pub(crate) async fn submit<E>(&self, endpoint: E) -> Result<Pending<T, E::Response>, Error>
    where
        E: Endpoint,
        E::Response: Submitted,
    {
        let response = self.send(endpoint).await?;
        Ok(self.follow(E::META.name, response))
    }

    /// Follows the answer of an endpoint that was called by [`reply`](Self::reply); `endpoint` is its
    /// [`name`](tensorpool_core::Meta::name).
    pub fn follow<R: Submitted>(&self, endpoint: &'static str, response: R) -> Pending<T, R> {
        // Nothing may fail here: the engine has accepted it, and the answer is all there is to find it by.
        let inner = &self.0;
        let (wait, entropy) = (inner.wait.clone(), inner.transport.entropy());
        let wait = WaitAll::accepted(&inner.context, endpoint, &response, wait, entropy);
        Pending::new(self.clone(), response, wait)
    }

    pub(crate) fn call<E: Endpoint>(&self, endpoint: E) -> Result<Call<E>, Error> {
        let inner = &self.0;
        Call::new(
            &inner.context,
            endpoint,
            inner.retry.clone(),
            inner.budget.clone(),
            inner.transport.entropy(),
        )
    }

    /// What every request of this client has in common.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.0.context
    }

    /// Where the engine is.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        self.0.context.base_url()
    }

    /// The transport.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.0.transport
    }

    /// The budget retries are drawn from.
    #[must_use]
    pub fn retry_budget(&self) -> &RetryBudget {
        &self.0.budget
    }

    pub(crate) fn default_wait(&self) -> &Wait {
        &self.0.wait
    }

    /// The token, for the rare caller who must pass it on.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if there is none.
    pub fn token(&self) -> Result<&ApiToken, BuildError> {
        self.0.context.check()
    }
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("context", &self.0.context).finish_non_exhaustive()
    }
}
