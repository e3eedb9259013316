//! A request that could not be built.

use std::fmt;

use crate::base_url::BaseUrl;

/// What kind of input was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// The API token.
    Token,
    /// The base URL.
    BaseUrl,
    /// The token would travel unencrypted to another machine.
    PlainHttp,
    /// An id or name that is a path segment.
    Segment,
    /// Another argument.
    Argument,
}

/// The request could not be built; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BuildError {
    kind: BuildErrorKind,
    endpoint: Option<&'static str>,
    message: String,
}

impl BuildError {
    fn new(kind: BuildErrorKind, message: String) -> Self {
        Self { kind, endpoint: None, message }
    }

    pub(crate) fn token(why: impl fmt::Display) -> Self {
        Self::new(BuildErrorKind::Token, format!("the API token {why}"))
    }

    /// There is no token.
    #[must_use]
    pub fn no_token() -> Self {
        Self::token("is missing: set TENSORPOOL_KEY to one from https://tensorpool.dev/dashboard/profile")
    }

    pub(crate) fn base_url(url: &str, why: &str) -> Self {
        // What may hold credentials is not repeated.
        let shown = if url.is_empty() || url.contains(['@', '?', '#']) || url.len() > 200 {
            String::new()
        } else {
            format!(" {url:?}")
        };
        Self::new(BuildErrorKind::BaseUrl, format!("the base URL{shown} {why}"))
    }

    pub(crate) fn plain_http(base_url: &BaseUrl) -> Self {
        Self::new(
            BuildErrorKind::PlainHttp,
            format!("the token would travel unencrypted to {base_url}; use https:// or allow plain http"),
        )
    }

    pub(crate) fn segment(name: &str, why: &str) -> Self {
        Self::new(BuildErrorKind::Segment, format!("{name} {why}"))
    }

    /// An argument that breaks a rule, for an [`Endpoint`](crate::Endpoint) of your own.
    pub fn invalid(argument: &str, why: impl fmt::Display) -> Self {
        Self::new(BuildErrorKind::Argument, format!("{argument} {why}"))
    }

    pub(crate) fn at(mut self, endpoint: &'static str) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// What kind of input was refused.
    #[must_use]
    pub fn kind(&self) -> BuildErrorKind {
        self.kind
    }

    /// The endpoint it was for, if one was involved yet.
    #[must_use]
    pub fn endpoint(&self) -> Option<&'static str> {
        self.endpoint
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.endpoint {
            Some(endpoint) => write!(f, "{endpoint}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
