//! Every route as data, with example arguments: what snapshots, the wire page and the emulator go by.
//!
//! ```
//! let create = tensorpool_core::catalog::find("cluster.create").unwrap();
//! assert_eq!((create.meta().method.as_str(), create.meta().path), ("POST", "/cluster/create"));
//! ```
//!
//! The two WebSocket routes are no endpoints and not listed here: their facts are
//! [`session::PUSH`](crate::session::PUSH) and [`session::LISTEN`](crate::session::LISTEN).

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::api::{cluster, health, job, object_storage, request, ssh, ssh_key, storage, user};
use crate::endpoint::{Endpoint, Meta};
use crate::error::Error;
use crate::model::{RequestStatus, RequestType, System};
use crate::request::Context;

/// One route, with example arguments.
#[derive(Debug)]
pub struct Entry {
    meta: &'static Meta,
    examples: Vec<Example>,
}

impl Entry {
    /// The facts of the route.
    #[must_use]
    pub fn meta(&self) -> &'static Meta {
        self.meta
    }

    /// Calls of it: the first has only what is required, the last everything that can be set.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }
}

/// A route with arguments.
pub struct Example {
    name: &'static str,
    endpoint: Box<dyn Erased>,
}

impl Example {
    /// What it shows, such as `minimal`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its request.
    ///
    /// # Errors
    ///
    /// As [`Context::request`].
    pub fn request(&self, context: &Context) -> Result<Request<Bytes>, Error> {
        self.endpoint.request(context)
    }

    /// Reads an answer to it.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::accept`].
    pub fn accept(&self, response: &Response<Bytes>) -> Result<Box<dyn fmt::Debug>, Error> {
        self.endpoint.accept_erased(response)
    }
}

impl fmt::Debug for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Example").field("name", &self.name).finish_non_exhaustive()
    }
}

trait Erased: Send + Sync {
    fn request(&self, context: &Context) -> Result<Request<Bytes>, Error>;
    fn accept_erased(&self, response: &Response<Bytes>) -> Result<Box<dyn fmt::Debug>, Error>;
}

impl<E> Erased for E
where
    E: Endpoint + Send + Sync,
    E::Response: 'static,
{
    fn request(&self, context: &Context) -> Result<Request<Bytes>, Error> {
        context.request(self)
    }

    fn accept_erased(&self, response: &Response<Bytes>) -> Result<Box<dyn fmt::Debug>, Error> {
        Ok(Box::new(self.accept(response)?))
    }
}

/// All routes, in the order of the contract.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(entries)
}

/// The route of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.meta.name == name)
}

/// The route a request is for, with the values of its path's parameters, still percent-encoded.
#[must_use]
pub fn route<'p>(method: &Method, path: &'p str) -> Option<(&'static Meta, Vec<&'p str>)> {
    let matches = all().iter().filter(|entry| entry.meta.method == *method);
    // A literal segment beats a parameter, so the route with the fewest values is the one meant.
    matches
        .filter_map(|entry| Some((entry.meta, parameters(entry.meta.path, path)?)))
        .min_by_key(|(_, v)| v.len())
}

fn parameters<'p>(template: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut values = Vec::new();
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(values),
            (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => values.push(value),
            (Some(part), Some(value)) if part == value => {}
            _ => return None,
        }
    }
}

macro_rules! entries {
    ($( $endpoint:ty { $($name:literal: $example:expr),+ $(,)? } )+) => {
        vec![ $( Entry {
            meta: <$endpoint as Endpoint>::META,
            examples: vec![ $( { let endpoint: $endpoint = $example; Example { name: $name, endpoint: Box::new(endpoint) } } ),+ ],
        } ),+ ]
    };
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ada@laptop";

#[rustfmt::skip]
fn entries() -> Vec<Entry> {
    entries! {
        health::Healthz { "minimal": health::Healthz }
        health::CheckHealth {
            "minimal": health::CheckHealth::new("0.1.0"),
            "official": health::CheckHealth::new("0.0.9").python(health::PythonRuntime {
                uname: ["Linux", "laptop", "6.1.0", "#1 SMP", "x86_64", ""].map(str::to_owned),
                python_version: "3.11.7".to_owned(),
                python_implementation: "CPython".to_owned(),
                python_compiler: "GCC 12.2.0".to_owned(),
                python_build: ["main", "Jan  1 2026 00:00:00"].map(str::to_owned),
            }),
        }
        user::GetMe { "minimal": user::GetMe }
        job::InitJob { "minimal": job::InitJob }
        job::PullJob {
            "minimal": job::PullJob::new("j-7"),
            "full": job::PullJob::new("j-7").dry_run(true).system(System::Linux)
                .private_key_path("/home/ada/.ssh/id_ed25519").file("out/model.pt").file("out/log & loss.txt"),
        }
        job::CancelJob { "minimal": job::CancelJob::new("j-7") }
        job::ListJobs { "minimal": job::ListJobs::new(), "full": job::ListJobs::new().include_org(true) }
        job::GetJob { "minimal": job::GetJob::new("j-7") }
        job::DeleteJob { "minimal": job::DeleteJob::new("j-7") }
        cluster::CreateCluster {
            "minimal": cluster::CreateCluster::new("1xH100"),
            "full": cluster::CreateCluster::new("8xH200").name("train").num_nodes(4).public_key(KEY)
                .container("nvcr.io/nvidia/pytorch:26.01-py3").deletion_protection(true).save_keys(false),
        }
        cluster::DestroyCluster {
            "minimal": cluster::DestroyCluster::new("c-7"),
            "by name": cluster::DestroyCluster::new("my run #2"),
        }
        cluster::ListClusters {
            "minimal": cluster::ListClusters::new(),
            "full": cluster::ListClusters::new().include_org(true).instances(true),
        }
        cluster::GetCluster { "minimal": cluster::GetCluster::new("c-7") }
        cluster::EditCluster {
            "minimal": cluster::EditCluster::new("c-7").name("eval"),
            "full": cluster::EditCluster::new("c-7").name("eval").deletion_protection(false),
        }
        cluster::QuoteCluster {
            "minimal": cluster::QuoteCluster::new("1xH100"),
            "full": cluster::QuoteCluster::new("8xB200").num_nodes(2),
        }
        cluster::ListClusterOperations {
            "minimal": cluster::ListClusterOperations::new("c-7"),
            "full": cluster::ListClusterOperations::new("c-7")
                .request_type(RequestType::ClusterClaim).status(RequestStatus::Completed),
        }
        storage::CreateStorage {
            "minimal": storage::CreateStorage::new(500),
            "full": storage::CreateStorage::new(500).name("datasets").deletion_protection(true),
        }
        storage::DestroyStorage { "minimal": storage::DestroyStorage::new("s-7") }
        storage::AttachStorage {
            "minimal": storage::AttachStorage::new("s-7", "c-7"),
            "full": storage::AttachStorage::new("s-7", "c-7").and_cluster("c-8"),
        }
        storage::DetachStorage { "minimal": storage::DetachStorage::new("s-7", "c-7") }
        storage::ListStorage {
            "minimal": storage::ListStorage::new(),
            "full": storage::ListStorage::new().include_org(true),
        }
        storage::GetStorage { "minimal": storage::GetStorage::new("s-7") }
        storage::EditStorage {
            "minimal": storage::EditStorage::new("s-7").size_gb(900),
            "full": storage::EditStorage::new("s-7").name("models").size_gb(900).deletion_protection(false),
        }
        storage::QuoteStorage { "minimal": storage::QuoteStorage::new(500) }
        object_storage::EnableObjectStorage { "minimal": object_storage::EnableObjectStorage }
        object_storage::DisableObjectStorage { "minimal": object_storage::DisableObjectStorage }
        object_storage::GetCredentials { "minimal": object_storage::GetCredentials }
        object_storage::RotateKeys { "minimal": object_storage::RotateKeys }
        object_storage::ConfigureAws { "minimal": object_storage::ConfigureAws }
        object_storage::ConfigureRclone { "minimal": object_storage::ConfigureRclone }
        object_storage::ListBuckets { "minimal": object_storage::ListBuckets }
        object_storage::CreateBucket { "minimal": object_storage::CreateBucket::new("datasets") }
        object_storage::DeleteBucket { "minimal": object_storage::DeleteBucket::new("datasets") }
        ssh::GetSshCommand {
            "minimal": ssh::GetSshCommand::new("i-7"),
            "full": ssh::GetSshCommand::new("i-7").system(System::Darwin),
        }
        user::GetUserInfo { "minimal": user::GetUserInfo }
        user::GetPreferences { "minimal": user::GetPreferences }
        user::EditPreferences {
            "minimal": user::EditPreferences::new().autopay_enabled(false),
            "full": user::EditPreferences::new().notify_email_cluster_create(true).notify_email_cluster_destroy(false)
                .autopay_enabled(true).balance_warning_threshold(100.0).autopay_reload_threshold(20.0),
            "clearing": user::EditPreferences::new().clear_balance_warning_threshold().clear_autopay_reload_threshold(),
        }
        user::GetOrganization { "minimal": user::GetOrganization }
        ssh_key::AddSshKey {
            "minimal": ssh_key::AddSshKey::new(KEY),
            "full": ssh_key::AddSshKey::new(format!("{KEY}\n")).name("laptop"),
        }
        ssh_key::ListSshKeys {
            "minimal": ssh_key::ListSshKeys::new(),
            "full": ssh_key::ListSshKeys::new().include_org(true),
        }
        ssh_key::RemoveSshKey { "minimal": ssh_key::RemoveSshKey::new("k-7") }
        request::GetRequest { "minimal": request::GetRequest::new("r-7") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_routes_as_in_the_contract_and_each_once() {
        assert_eq!(all().len(), 42, "contract §2 has 44 routes, two of them WebSockets");
        let mut names: Vec<_> = all().iter().map(|e| e.meta.name).collect();
        let mut routes: Vec<_> = all().iter().map(|e| (e.meta.method.as_str(), e.meta.path)).collect();
        names.sort_unstable();
        names.dedup();
        routes.sort_unstable();
        routes.dedup();
        assert_eq!((names.len(), routes.len()), (42, 42));
    }

    #[test]
    fn every_example_is_routed_to_its_own_entry() {
        let context = Context::new(crate::BaseUrl::default(), crate::ApiToken::new("tp-1").unwrap());
        for entry in all() {
            for example in entry.examples() {
                let request = example.request(&context).unwrap();
                let (meta, values) = route(request.method(), request.uri().path()).unwrap();
                assert_eq!(meta.name, entry.meta.name);
                assert_eq!(values.len(), meta.path.matches('{').count());
            }
        }
        assert!(route(&Method::GET, "/cluster/info/").is_none(), "an empty id is no id");
        assert!(route(&Method::DELETE, "/cluster/").is_none());
    }
}
