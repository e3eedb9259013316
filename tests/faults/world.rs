//! A world in which every call succeeds, and a digest of all that a call could change in it.

use tensorpool_client::Client;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::job::ListJobs;
use tensorpool_client::core::api::object_storage::GetCredentials;
use tensorpool_client::core::api::ssh_key::{AddSshKey, ListSshKeys};
use tensorpool_client::core::api::storage::CreateStorage;
use tensorpool_client::core::api::user::GetPreferences;
use tensorpool_client::core::model::JobStatus;
use tensorpool_client::core::{ClusterId, Endpoint, InstanceId, JobId, RequestId, SshKeyId, StorageId};
use tensorpool_emulator::{Config, EmulatorTransport, NewJob, Organization, Timings, User};

use crate::run::block_on;

type Emulated = Client<EmulatorTransport>;

/// Ada has everything; Bob's organization has object storage without a bucket, Eve's has none.
pub(crate) struct World {
    pub(crate) transport: EmulatorTransport,
    pub(crate) ada: Emulated,
    pub(crate) bob: Emulated,
    pub(crate) eve: Emulated,
    /// Two nodes that run, with `attached` on them.
    pub(crate) cluster: ClusterId,
    /// A cluster that nothing hangs on.
    pub(crate) spare: ClusterId,
    pub(crate) instance: InstanceId,
    pub(crate) request: RequestId,
    pub(crate) attached: StorageId,
    pub(crate) volume: StorageId,
    pub(crate) running: JobId,
    pub(crate) completed: JobId,
    pub(crate) key: SshKeyId,
    jobs: Vec<JobId>,
}

impl World {
    /// `draws` numbers of the transport's entropy are used up first, so that delays differ between worlds.
    pub(crate) fn new(draws: u64) -> Self {
        let transport = EmulatorTransport::new(config());
        let client = |token: &str| Client::with_transport(transport.clone(), token).unwrap();
        let (ada, bob, eve) = (client("tp-ada"), client("tp-bob"), client("tp-eve"));
        let world = block_on("setting up", &transport.clone(), async {
            let order = CreateCluster::new("8xH200").num_nodes(2).name("train");
            let ordered = ada.clusters().create(order).await.unwrap();
            let request = ordered.response().request_id.clone().unwrap();
            let cluster = ordered.done().await.unwrap().cluster_id;
            let spare = ada.clusters().create(CreateCluster::new("1xH100").name("spare")).await.unwrap();
            let spare = spare.done().await.unwrap().cluster_id;
            let info = ada.clusters().info(&cluster).await.unwrap();
            let instance = info.instances.unwrap()[0].id.clone().unwrap();

            let volume = async |name| {
                let create = CreateStorage::new(100).name(name);
                ada.storage().create(create).await.unwrap().done().await.unwrap().storage_id
            };
            let (attached, volume) = (volume("attached").await, volume("ready").await);
            ada.storage().attach(&attached, &cluster).await.unwrap().done().await.unwrap();

            drop((
                ada.object_storage().enable().await.unwrap(),
                bob.object_storage().enable().await.unwrap(),
            ));
            ada.object_storage().create_bucket("data").await.unwrap();
            ada.ssh_keys().add(AddSshKey::new("ssh-ed25519 AAAA ada").name("laptop")).await.unwrap();
            let key = ada.ssh_keys().list().await.unwrap()[0].id.clone().unwrap();

            let jobs: Vec<_> = JobStatus::KNOWN
                .iter()
                .map(|status| {
                    let job = NewJob::new(status.clone()).user("u-ada").file("out.txt", &b"42"[..]);
                    transport.emulator().with_engine(|engine| engine.add_job(job))
                })
                .collect();
            let with =
                |status| jobs[JobStatus::KNOWN.iter().position(|known| *known == status).unwrap()].clone();
            Self {
                transport: transport.clone(),
                ada: ada.clone(),
                bob: bob.clone(),
                eve: eve.clone(),
                cluster,
                spare,
                instance,
                request,
                attached,
                volume,
                running: with(JobStatus::Running),
                completed: with(JobStatus::Completed),
                key,
                jobs,
            }
        });
        world.transport.emulator().with_engine(|engine| engine.set_timings(Timings::default()));
        for _ in 0..draws {
            tensorpool_client::Transport::entropy(&world.transport);
        }
        world
    }

    /// How often the engine has answered this route, whatever the status.
    pub(crate) fn seen(&self, endpoint: &str) -> u64 {
        self.transport.emulator().with_engine(|engine| engine.times_seen(endpoint))
    }

    /// All that a call could change, and nothing that time alone does: two are equal if and only if nothing was applied.
    pub(crate) fn digest(&self) -> String {
        self.digest_about("object_storage user job ssh_key")
    }

    /// As [`digest`](Self::digest), but of what only the engine's answers tell, just this: asking takes most of the time.
    pub(crate) fn digest_about(&self, resources: &str) -> String {
        let mut parts = Vec::new();
        if resources.contains("object_storage") || resources.contains("bucket") {
            parts.extend([&self.ada, &self.bob, &self.eve].map(|client| self.read(client, &GetCredentials)));
        }
        if resources.contains("user") {
            parts.push(self.read(&self.ada, &GetPreferences));
        }
        if resources.contains("job") {
            parts.push(self.read(&self.ada, &ListJobs::new()));
        }
        if resources.contains("ssh_key") {
            parts.push(self.read(&self.ada, &ListSshKeys::new()));
        }
        let state = self.transport.emulator().with_engine(|engine| {
            let counts = [
                engine.clusters_created(),
                engine.volumes_created(),
                engine.operations_begun(),
                engine.ssh_key_count(),
                engine.bucket_count(),
            ];
            let clusters = [&self.cluster, &self.spare].map(|id| engine.cluster(id.as_str()));
            let volumes = [&self.attached, &self.volume].map(|id| engine.volume(id.as_str()));
            let jobs: Vec<_> = self.jobs.iter().map(|id| engine.job(id.as_str())).collect();
            format!("{counts:?} {clusters:?} {volumes:?} {jobs:?}")
        });
        format!("{state} {parts:?}")
    }

    /// What the engine itself says, with no client and no fault between.
    fn read<E: Endpoint>(&self, client: &Emulated, endpoint: &E) -> String {
        let request = client.context().request(endpoint).unwrap();
        let now = self.transport.clock().now();
        let answer = self.transport.emulator().with_engine(|engine| engine.handle(now, &request));
        format!("{} {}", answer.status(), String::from_utf8_lossy(answer.body()))
    }
}

fn config() -> Config {
    let user = |uid: &str, token: &str, organization: &str| {
        User::new(uid, format!("{uid}@example.com"), token).unwrap().organization(organization)
    };
    Config::default()
        .timings(Timings::instant())
        .organization(Organization::new("org-1", "Analytical Engines", 1_000_000.0))
        .organization(Organization::new("org-2", "Buckets", 1_000.0))
        .organization(Organization::new("org-3", "Nothing yet", 1_000.0))
        .user(user("u-ada", "tp-ada", "org-1").payment_method(true))
        .user(user("u-bob", "tp-bob", "org-2"))
        .user(user("u-eve", "tp-eve", "org-3"))
}
