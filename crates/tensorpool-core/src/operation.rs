//! An operation the engine has accepted: what it is followed by, and found again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ids::RequestId;

/// An answer that says "accepted", with requests to follow.
pub trait Submitted {
    /// The requests to follow; none if the answer names none. An empty id is no id.
    fn request_ids(&self) -> Vec<RequestId>;

    /// Whether an answer without requests leaves open how it goes on. True for what is ordered: no request is then no sign
    /// that it is there.
    fn must_be_followed(&self) -> bool {
        false
    }

    /// The cluster or volume it is about.
    fn object_id(&self) -> Option<&str> {
        None
    }
}

/// Says of an answer that it has one request to follow, and what it is about.
macro_rules! submitted {
    ($answer:ty, |$this:ident| $object:expr $(, must_be_followed: $must:literal)?) => {
        impl $crate::operation::Submitted for $answer {
            fn request_ids(&self) -> Vec<$crate::ids::RequestId> {
                self.request_id.iter().filter(|id| !id.as_str().is_empty()).cloned().collect()
            }

            $( fn must_be_followed(&self) -> bool {
                $must
            } )?

            fn object_id(&self) -> Option<&str> {
                let $this = self;
                $object
            }
        }
    };
}
pub(crate) use submitted;

/// What is needed to find an operation again, after a restart or in another process. Keep it; it is plain serde.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationHandle {
    endpoint: Cow<'static, str>,
    requests: Vec<RequestId>,
    #[serde(default)]
    object: Option<String>,
}

impl OperationHandle {
    /// A handle for requests known from elsewhere.
    pub fn new(
        endpoint: impl Into<Cow<'static, str>>,
        requests: impl IntoIterator<Item = RequestId>,
    ) -> Self {
        Self { endpoint: endpoint.into(), requests: requests.into_iter().collect(), object: None }
    }

    /// The handle of an accepted submission.
    #[must_use]
    pub fn of<R: Submitted>(endpoint: &'static str, response: &R) -> Self {
        Self::new(endpoint, response.request_ids()).about(response.object_id())
    }

    pub(crate) fn about(mut self, object: Option<&str>) -> Self {
        self.object = object.map(str::to_owned);
        self
    }

    /// The endpoint that was called, such as `cluster.create`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The requests to follow.
    #[must_use]
    pub fn requests(&self) -> &[RequestId] {
        &self.requests
    }

    /// The id of the cluster, volume or job it is about.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }
}
