//! `Config`: who may use the engine, what they own, how long things take.

use std::time::Duration;

use tensorpool_core::ApiToken;
use tensorpool_core::error::BuildError;

/// How an engine begins. The default has no user, so nobody can call it: start from [`Config::single_user`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Decides ids, keys and signatures: the same seed and the same calls give the same answers.
    pub seed: u64,
    /// Who may call.
    pub users: Vec<User>,
    /// The organizations that users belong to.
    pub organizations: Vec<Organization>,
    /// How long operations take.
    pub timings: Timings,
    /// Whether a cluster needs an SSH key, in the call or on the account. False by default, so that a first try needs
    /// nothing; that the real engine refuses is inferred (contract §4.1).
    pub ssh_key_required: bool,
    /// No limit by default; nothing is known of the real one (contract §1).
    pub rate_limit: Option<RateLimit>,
    /// `POST /health` refuses a `package_version` below this one. Every version is accepted by default.
    pub minimum_version: Option<String>,
    /// What [`Time::ZERO`](tensorpool_core::Time::ZERO) is in timestamps, seconds since 1970. 2026-01-01 by default.
    pub epoch: u64,
    /// How long a signed URL lives.
    pub url_lifetime: Duration,
    /// Whether a listener first gets what the job has printed before, from the beginning. True by default; what the real
    /// engine does is unknown (contract §9.2).
    pub replay: bool,
    /// How many bytes of what each job prints are kept, with 24 for each line besides its own; older lines are dropped.
    /// 16 MiB by default.
    pub log_limit: usize,
    /// What a simulated job asks the client who pushes to run, such as
    /// `rsync -az ./ ubuntu@203.0.113.5:/home/ubuntu/{job}/`, where `{job}` is its id. Nothing by default, so that
    /// clients without rsync can play.
    pub upload_command: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            users: Vec::new(),
            organizations: Vec::new(),
            timings: Timings::default(),
            ssh_key_required: false,
            rate_limit: None,
            minimum_version: None,
            epoch: 1_767_225_600,
            url_lifetime: Duration::from_secs(3600),
            replay: true,
            log_limit: 16 * 1024 * 1024,
            upload_command: None,
        }
    }
}

impl Config {
    /// Ada, who calls with `token`, alone in an organization with a balance of 1000 USD.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if `token` cannot be sent in a header.
    pub fn single_user(token: &str) -> Result<Self, BuildError> {
        Ok(Self::default()
            .organization(Organization::new("org-1", "Example Lab", 1000.0))
            .user(User::new("u-1", "ada@example.com", token)?.organization("org-1")))
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Adds an organization.
    #[must_use]
    pub fn organization(mut self, organization: Organization) -> Self {
        self.organizations.push(organization);
        self
    }

    /// Sets the balance of every user and organization, USD.
    #[must_use]
    pub fn balance(mut self, usd: f64) -> Self {
        self.users.iter_mut().for_each(|user| user.balance = usd);
        self.organizations.iter_mut().for_each(|organization| organization.balance = usd);
        self
    }

    /// Sets how long operations take.
    #[must_use]
    pub fn timings(mut self, timings: Timings) -> Self {
        self.timings = timings;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Limits the requests of each user.
    #[must_use]
    pub fn rate_limit(mut self, requests: u32, window: Duration) -> Self {
        self.rate_limit = Some(RateLimit { requests, window });
        self
    }

    /// Sets whether a cluster needs an SSH key.
    #[must_use]
    pub fn ssh_key_required(mut self, required: bool) -> Self {
        self.ssh_key_required = required;
        self
    }

    /// Sets the oldest `package_version` that `POST /health` accepts.
    #[must_use]
    pub fn minimum_version(mut self, version: impl Into<String>) -> Self {
        self.minimum_version = Some(version.into());
        self
    }

    /// Sets what the virtual epoch is in timestamps, seconds since 1970.
    #[must_use]
    pub fn epoch(mut self, seconds: u64) -> Self {
        self.epoch = seconds;
        self
    }

    /// Sets how long a signed URL lives.
    #[must_use]
    pub fn url_lifetime(mut self, lifetime: Duration) -> Self {
        self.url_lifetime = lifetime;
        self
    }

    /// Sets whether a listener first gets what was printed before.
    #[must_use]
    pub fn replay(mut self, replay: bool) -> Self {
        self.replay = replay;
        self
    }

    /// Sets how many bytes of what each job prints are kept.
    #[must_use]
    pub fn log_limit(mut self, bytes: usize) -> Self {
        self.log_limit = bytes;
        self
    }

    /// Sets what a simulated job asks the client who pushes to run.
    #[must_use]
    pub fn upload_command(mut self, command: impl Into<String>) -> Self {
        self.upload_command = Some(command.into());
        self
    }
}

/// Somebody with a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct User {
    /// Their id, such as `u-1`.
    pub uid: String,
    /// Their email address.
    pub email: String,
    /// What they call with; never shown.
    pub token: ApiToken,
    /// The id of their organization. Without one they pay themselves and have no object storage (contract §6, §7.8).
    pub organization: Option<String>,
    /// What they have, USD, where they are in no organization.
    pub balance: f64,
    /// Whether they saved a payment method, which autopay needs (contract §7.7).
    pub payment_method: bool,
}

impl User {
    /// A user in no organization, with a balance of 1000 USD and no payment method.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if `token` cannot be sent in a header.
    pub fn new(uid: impl Into<String>, email: impl Into<String>, token: &str) -> Result<Self, BuildError> {
        Ok(Self {
            uid: uid.into(),
            email: email.into(),
            token: ApiToken::new(token)?,
            organization: None,
            balance: 1000.0,
            payment_method: false,
        })
    }

    /// Puts them into the organization of this id.
    #[must_use]
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets what they have, USD.
    #[must_use]
    pub fn balance(mut self, usd: f64) -> Self {
        self.balance = usd;
        self
    }

    /// Sets whether they saved a payment method.
    #[must_use]
    pub fn payment_method(mut self, saved: bool) -> Self {
        self.payment_method = saved;
        self
    }
}

/// Users who share a balance and what they own (contract §7.8).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Organization {
    /// Its id, which users name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it has, USD.
    pub balance: f64,
}

impl Organization {
    /// An organization.
    pub fn new(id: impl Into<String>, name: impl Into<String>, balance: f64) -> Self {
        Self { id: id.into(), name: name.into(), balance }
    }
}

/// At most so many requests of one user in each window.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many.
    pub requests: u32,
    /// In how long.
    pub window: Duration,
}

/// How long each phase of an operation takes. A cluster runs after about 90 s, as users tell of 1 to 2 minutes
/// (contract §4.9); the rest is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// Every request waits this long before anything starts.
    pub pending: Duration,
    /// Finding a cluster's machines.
    pub provisioning: Duration,
    /// Setting them up.
    pub configuring: Duration,
    /// Taking a cluster down.
    pub destroying: Duration,
    /// Making a volume.
    pub storage_create: Duration,
    /// Destroying a volume.
    pub storage_destroy: Duration,
    /// Attaching or detaching a volume, which restarts all nodes.
    pub restart: Duration,
    /// From the end of a job's upload until its commands run, where they are simulated.
    pub job_launch: Duration,
    /// Canceling a job.
    pub cancel: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            pending: Duration::from_secs(5),
            provisioning: Duration::from_secs(45),
            configuring: Duration::from_secs(40),
            destroying: Duration::from_secs(20),
            storage_create: Duration::from_secs(15),
            storage_destroy: Duration::from_secs(10),
            restart: Duration::from_secs(30),
            job_launch: Duration::from_secs(3),
            cancel: Duration::from_secs(4),
        }
    }
}

impl Timings {
    /// Everything is done by the next request.
    #[must_use]
    pub fn instant() -> Self {
        Self::default().scaled(0)
    }

    /// Every phase takes `percent` of what it took.
    #[must_use]
    pub fn scaled(self, percent: u32) -> Self {
        let scale = |phase: Duration| phase.saturating_mul(percent) / 100;
        Self {
            pending: scale(self.pending),
            provisioning: scale(self.provisioning),
            configuring: scale(self.configuring),
            destroying: scale(self.destroying),
            storage_create: scale(self.storage_create),
            storage_destroy: scale(self.storage_destroy),
            restart: scale(self.restart),
            job_launch: scale(self.job_launch),
            cancel: scale(self.cancel),
        }
    }
}
