//! Every REST route of the API, one file each.
//!
//! A request type is made with `new(what is required)` and consuming setters; each setter's default is what the API does
//! without it. The section of the contract a route is known from is in its [`Meta`](crate::Meta).

pub mod cluster;
pub mod health;
pub mod job;
pub mod object_storage;
pub mod request;
pub mod ssh;
pub mod ssh_key;
pub mod storage;
pub mod user;
