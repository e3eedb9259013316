//! The engine in its users' terms, in virtual time.

mod account;
mod catalogue;
mod cluster;
mod errors;
mod job;
mod lifecycle;
mod listen;
mod object_storage;
mod push;
#[cfg(all(feature = "server", unix))]
mod run_jobs;
mod script;
#[cfg(feature = "server")]
mod server;
mod storage;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "server")]
mod websocket;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tensorpool_core::api::cluster::{ClusterCreated, CreateCluster, GetCluster};
use tensorpool_core::api::request::GetRequest;
use tensorpool_core::api::storage::CreateStorage;
use tensorpool_core::model::{ClusterInfo, RequestInfo};
use tensorpool_core::{ApiToken, BaseUrl, Context, Endpoint, Error, RequestId, StorageId, Time};

use crate::{Config, Engine, User};

pub(crate) const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ada@laptop";

/// An engine, a user of it, and a watch.
pub(crate) struct Lab {
    pub(crate) engine: Engine,
    pub(crate) context: Context,
    pub(crate) now: Time,
}

pub(crate) fn context(token: &str) -> Context {
    Context::new(BaseUrl::parse("http://127.0.0.1:1").unwrap(), ApiToken::new(token).unwrap())
}

/// Ada and Bob in one organization, Carol in none.
pub(crate) fn config() -> Config {
    Config::single_user("tp-ada")
        .unwrap()
        .user(User::new("u-2", "bob@example.com", "tp-bob").unwrap().organization("org-1"))
        .user(User::new("u-3", "carol@example.com", "tp-carol").unwrap().payment_method(true))
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self { engine: Engine::new(config), context: context("tp-ada"), now: Time::ZERO }
    }

    pub(crate) fn is(&mut self, who: &str) {
        self.context = context(&format!("tp-{who}"));
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    pub(crate) fn answer<E: Endpoint>(&mut self, endpoint: &E) -> Response<Bytes> {
        self.engine.handle(self.now, &self.context.request(endpoint).unwrap())
    }

    pub(crate) fn call<E: Endpoint>(&mut self, endpoint: E) -> Result<E::Response, Error> {
        let answer = self.answer(&endpoint);
        endpoint.accept(&answer)
    }

    pub(crate) fn status<E: Endpoint>(&mut self, endpoint: E) -> u16 {
        self.answer(&endpoint).status().as_u16()
    }

    /// A request as no client of ours would send it.
    pub(crate) fn raw(&mut self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("authorization", "Bearer tp-ada")
            .header("host", "127.0.0.1:1")
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let answer = self.engine.handle(self.now, &request);
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
    }

    pub(crate) fn request(&mut self, id: &RequestId) -> RequestInfo {
        self.call(GetRequest::new(id.clone())).unwrap()
    }

    pub(crate) fn create(&mut self, cluster: CreateCluster) -> ClusterCreated {
        self.call(cluster).unwrap()
    }

    /// A cluster that runs.
    pub(crate) fn running(&mut self, instance_type: &str, name: &str) -> ClusterInfo {
        self.create(CreateCluster::new(instance_type).name(name));
        self.wait(90);
        self.call(GetCluster::new(name)).unwrap().cluster_info
    }

    /// A volume that is ready.
    pub(crate) fn ready(&mut self, size_gb: u64) -> StorageId {
        let created = self.call(CreateStorage::new(size_gb)).unwrap();
        self.wait(20);
        created.storage_id
    }
}
