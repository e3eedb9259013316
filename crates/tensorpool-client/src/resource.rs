//! Resource handles: the calls of one kind of thing, by their names.
//!
//! Each method is one endpoint of [`tensorpool_core::api`], sent with [`Client::send`](crate::Client::send): its errors and
//! its cancel safety are those. Dropping a future abandons the call; whether the engine received it is then unknown.

mod account;
mod clusters;
mod jobs;
mod object_storage;
mod requests;
mod ssh_keys;
mod storage;

pub use account::Account;
pub use clusters::Clusters;
pub use jobs::Jobs;
pub use object_storage::ObjectStorage;
pub use requests::Requests;
pub use ssh_keys::SshKeys;
pub use storage::Storage;

/// Declares a handle: a borrowed client and nothing else.
macro_rules! handle {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name<'c, T>(&'c $crate::Client<T>);

        impl<'c, T: $crate::Transport> $name<'c, T> {
            pub(crate) fn new(client: &'c $crate::Client<T>) -> Self {
                Self(client)
            }
        }

        impl<T> Clone for $name<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $name<'_, T> {}
    };
}
pub(crate) use handle;
