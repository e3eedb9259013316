//! `State`: everything the engine knows, and what is still going to happen.

pub(crate) mod account;
pub(crate) mod agenda;
pub(crate) mod cluster;
pub(crate) mod job;
pub(crate) mod log;
pub(crate) mod object_storage;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod ssh_key;
pub(crate) mod storage;
pub(crate) mod store;

use std::collections::{BTreeMap, VecDeque};

use tensorpool_core::model::UsdPerHour;
use tensorpool_core::{ClusterId, RequestId, Time};

use crate::answer::Refusal;
use crate::call::Call;
use crate::config::{Config, Organization, User};
use crate::ids::Ids;
use crate::job_script::JobScript;
use account::{Owner, Preference, Wallet};
use agenda::{Agenda, Step};
use cluster::Cluster;
use job::Job;
use object_storage::ObjectStorage;
use request::Request;
use run::Order;
use ssh_key::SshKey;
use storage::Volume;
use store::Store;

/// Everything the engine knows.
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) ids: Ids,
    pub(crate) now: Time,
    pub(crate) agenda: Agenda,
    pub(crate) clusters: Store<Cluster>,
    pub(crate) volumes: Store<Volume>,
    pub(crate) requests: Store<Request>,
    pub(crate) jobs: Store<Job>,
    pub(crate) keys: Vec<SshKey>,
    pub(crate) wallets: BTreeMap<String, Wallet>,
    /// By user id.
    pub(crate) preferences: BTreeMap<String, Preference>,
    /// By organization id.
    pub(crate) object_storage: BTreeMap<String, ObjectStorage>,
    /// What the next claims of clusters fail with.
    pub(crate) claims_to_fail: VecDeque<String>,
    /// What comes of the next pushes.
    pub(crate) scripts: VecDeque<JobScript>,
    /// Whether there is a machine that runs jobs; it takes the orders.
    pub(crate) runs_jobs: bool,
    pub(crate) orders: VecDeque<Order>,
    /// How often anything has changed that somebody at a socket, or the machine, may wait for.
    pub(crate) changes: u64,
}

impl State {
    pub(crate) fn new(mut config: Config) -> Self {
        for user in &config.users {
            // An organization that is named but not described is one anyway.
            if let Some(id) = &user.organization {
                if !config.organizations.iter().any(|organization| organization.id == *id) {
                    config.organizations.push(Organization::new(id, id, user.balance));
                }
            }
        }
        let organizations = config.organizations.iter();
        let shared = organizations.map(|o| (Owner::organization_payer(&o.id), Wallet::new(o.balance)));
        let own = config.users.iter().map(|u| (Owner::user_payer(&u.uid), Wallet::new(u.balance)));
        Self {
            wallets: shared.chain(own).collect(),
            ids: Ids::new(config.seed),
            now: Time::ZERO,
            agenda: Agenda::default(),
            clusters: Store::default(),
            volumes: Store::default(),
            requests: Store::default(),
            jobs: Store::default(),
            keys: Vec::new(),
            preferences: BTreeMap::new(),
            object_storage: BTreeMap::new(),
            claims_to_fail: VecDeque::new(),
            scripts: VecDeque::new(),
            runs_jobs: false,
            orders: VecDeque::new(),
            changes: 0,
            config,
        }
    }

    /// Does everything that is due by `now`, in its order. Time never goes back.
    pub(crate) fn advance(&mut self, now: Time) {
        while let Some((due, step)) = self.agenda.next(now) {
            self.now = self.now.max(due);
            self.apply(step);
        }
        self.now = self.now.max(now);
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Request { id, status, message, next } => {
                if let Some(request) = self.requests.get_mut(id.as_str()) {
                    request.status = status;
                    request.message = message;
                    request.next = next;
                }
            }
            Step::Cluster { id, status } => self.cluster_becomes(&id, &status),
            Step::Attach { storage, cluster } => self.attached(&storage, &cluster),
            Step::Detach { storage, cluster } => self.detached(&storage, &cluster),
            Step::Volume { id, status } => self.volume_becomes(&id, &status),
            Step::Job { id, status } => self.job_becomes(&id, status, None),
            Step::JobRuns { id } => {
                self.job_runs(&id);
            }
            Step::JobPrints { id } => self.job_prints(&id),
        }
    }

    pub(crate) fn user(&self, call: &Call<'_>) -> Result<&User, Refusal> {
        self.config.users.get(call.user).ok_or(Refusal::Unauthorized)
    }

    /// Whoever owns what this call makes.
    pub(crate) fn owner(&self, call: &Call<'_>) -> Result<Owner, Refusal> {
        self.user(call).map(Owner::of)
    }

    pub(crate) fn organization(&self, id: &str) -> Option<&Organization> {
        self.config.organizations.iter().find(|organization| organization.id == id)
    }

    pub(crate) fn balance(&self, payer: &str) -> f64 {
        self.wallets.get(payer).map_or(0.0, |wallet| wallet.balance(self.now))
    }

    /// Starts to charge `rate` to `payer`, or stops it where the rate is negative.
    pub(crate) fn charge(&mut self, payer: &str, rate: UsdPerHour) {
        let now = self.now;
        if let Some(wallet) = self.wallets.get_mut(payer) {
            wallet.charge(now, rate);
        }
    }

    /// 402 if the balance does not cover `hours` of `rate`.
    pub(crate) fn afford(&self, owner: &Owner, rate: UsdPerHour, hours: f64) -> Result<(), Refusal> {
        let (balance, needed) = (self.balance(&owner.payer()), rate.for_hours(hours).0);
        if balance >= needed {
            return Ok(());
        }
        let message = format!(
            "Insufficient balance: {hours} h at {rate} need ${needed:.2}, you have ${balance:.2}. \
             Add funds at https://tensorpool.dev/dashboard/balance"
        );
        Err(Refusal::said(http::StatusCode::PAYMENT_REQUIRED, message))
    }

    /// Ends every operation on a cluster that has not ended.
    pub(crate) fn abandon(&mut self, cluster: &ClusterId, why: &str) {
        let open = self
            .requests
            .iter_mut()
            .filter(|request| request.clusters.contains(cluster) && !request.status.is_terminal());
        let mut ended: Vec<RequestId> = Vec::new();
        for request in open {
            request.fail(why);
            ended.push(request.id.clone());
        }
        self.agenda.forget(&ended);
    }
}
