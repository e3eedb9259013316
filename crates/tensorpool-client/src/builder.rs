//! `Builder`: everything a client can be told before it exists.

use std::env::VarError;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use tensorpool_core::error::BuildError;
use tensorpool_core::flow::{RetryBudget, RetryPolicy, Wait};
use tensorpool_core::{ApiToken, BaseUrl, Context, Error};

use crate::{Client, Transport};

/// What every transport that can be made from nothing understands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportOptions {
    /// How long connecting (name, TCP, TLS) may take; 10 s by default, and never longer than the attempt.
    pub connect_timeout: Duration,
    /// The most bytes of an answer's body; 16 MiB by default. A longer one is an error, never cut.
    pub max_body: usize,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10), max_body: 16 * 1024 * 1024 }
    }
}

/// A transport that can be made from options alone, so that `Client::new(token)` exists for it.
pub trait FromOptions: Transport + Sized {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if it cannot be set up, TLS for instance.
    fn from_options(options: &TransportOptions) -> Result<Self, BuildError>;
}

/// Builds a [`Client`].
///
/// Without a token, [`build`](Self::build) fails; everything else has a default.
pub struct Builder<T> {
    token: Option<String>,
    base_url: Option<String>,
    unreadable: Option<&'static str>,
    plain_http: bool,
    user_agent: Option<String>,
    client_type: Option<String>,
    retry: RetryPolicy,
    budget: RetryBudget,
    wait: Wait,
    options: TransportOptions,
    transport: PhantomData<fn() -> T>,
}

impl<T> Builder<T> {
    pub(crate) fn new() -> Self {
        Self {
            token: None,
            base_url: None,
            unreadable: None,
            plain_http: false,
            user_agent: None,
            client_type: None,
            retry: RetryPolicy::default(),
            budget: RetryBudget::new(),
            wait: Wait::default(),
            options: TransportOptions::default(),
            transport: PhantomData,
        }
    }

    /// Takes the token from `TENSORPOOL_KEY` and the address from `TENSORPOOL_ENGINE`, where they are set and not empty.
    #[must_use]
    pub fn env(mut self) -> Self {
        let mut read = |name| match std::env::var(name) {
            Ok(value) => Some(value).filter(|value| !value.is_empty()),
            Err(VarError::NotPresent) => None,
            // To overlook it would send the token to another engine than was meant.
            Err(VarError::NotUnicode(_)) => {
                self.unreadable = Some(name);
                None
            }
        };
        let (token, base_url) = (read("TENSORPOOL_KEY"), read("TENSORPOOL_ENGINE"));
        self.token = token.or(self.token);
        self.base_url = base_url.or(self.base_url);
        self
    }

    /// The API token, from <https://tensorpool.dev/dashboard/profile>.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Where the engine is; `https://engine.tensorpool.dev` by default.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Lets the token go over unencrypted `http://` to another machine. Anybody on the way can read it.
    #[must_use]
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Puts a product such as `trainer/2.1` before the library's own name in `User-Agent`.
    #[must_use]
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// Sends `X-Client-Type`; not sent by default.
    #[must_use]
    pub fn client_type(mut self, client_type: impl Into<String>) -> Self {
        self.client_type = Some(client_type.into());
        self
    }

    /// When a call is tried again, and for how long.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Shares a retry budget with other clients of the same engine.
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// How long operations are waited for where the call does not say.
    #[must_use]
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// How long connecting may take; 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// The most bytes of an answer's body; 16 MiB by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.options.max_body = bytes;
        self
    }

    /// The client, over a transport of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] without a token, or if token, address or transport cannot be used.
    pub fn build(self) -> Result<Client<T>, Error>
    where
        T: FromOptions,
    {
        let transport =
            T::from_options(&self.options).map_err(|error| BuildError::invalid("the transport", error))?;
        self.build_with(transport)
    }

    /// The client, over `transport`; its options are its own, so `connect_timeout` and `max_body` say nothing here.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] without a token, or if token or address cannot be used.
    pub fn build_with(self, transport: T) -> Result<Client<T>, Error>
    where
        T: Transport,
    {
        if let Some(name) = self.unreadable {
            return Err(BuildError::invalid(name, "is not Unicode").into());
        }
        let token = ApiToken::new(self.token.ok_or_else(BuildError::no_token)?)?;
        let base_url = self.base_url.as_deref().map_or_else(|| Ok(BaseUrl::default()), BaseUrl::parse)?;
        let mut context = Context::new(base_url, token);
        if self.plain_http {
            context = context.allow_plain_http();
        }
        if let Some(product) = &self.user_agent {
            context = context.user_agent(product)?;
        }
        if let Some(client_type) = &self.client_type {
            context = context.client_type(client_type)?;
        }
        context.check()?;
        Ok(Client::from_parts(transport, context, self.retry, self.budget, self.wait))
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}
