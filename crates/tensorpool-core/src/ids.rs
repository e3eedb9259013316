//! Names the server gives to things: opaque, one type each, so that a job's id cannot be passed as a cluster's.

use std::fmt;

/// Declares an opaque identifier.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// Opaque: nothing is refused here. A name that cannot be a path segment (empty, `.`, `..`, or with a slash) is
        /// refused when a request is built from it.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into())
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// A cluster's id, such as `c-abc123`.
    ClusterId
}
id! {
    /// An instance's id, such as `i-001`.
    InstanceId
}
id! {
    /// A storage volume's id, such as `s-abc`.
    StorageId
}
id! {
    /// A job's id, such as `j-abc`.
    JobId
}
id! {
    /// A request's id, such as `r-xyz789`: the handle of an operation that goes on after its answer.
    RequestId
}
id! {
    /// A stored SSH key's id, such as `k-1`.
    SshKeyId
}
id! {
    /// The name of an object-storage bucket.
    BucketName
}
id! {
    /// A cluster's id **or** its name: the path parameter `{cluster}` takes both (contract §1).
    ClusterRef
}

impl From<ClusterId> for ClusterRef {
    fn from(id: ClusterId) -> Self {
        Self(id.0)
    }
}

impl From<&ClusterId> for ClusterRef {
    fn from(id: &ClusterId) -> Self {
        Self(id.0.clone())
    }
}
