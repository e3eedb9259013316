//! An engine that runs jobs, a client of it, a running cluster, and a folder to push.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::flow::Wait;
use tensorpool_client::core::{ClusterId, JobId};
use tensorpool_client::{BodyTransport, Client, FromOptions, SocketTransport};
use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};

pub(crate) struct World<T> {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client<T>,
    pub(crate) cluster: ClusterId,
    home: TempDir,
    _server: Server,
}

impl<T: FromOptions + BodyTransport + SocketTransport> World<T> {
    /// With an engine that really runs jobs, or one that plays them and asks for nothing to be run.
    pub(crate) async fn start(run_jobs: bool) -> Self {
        let emulator = Emulator::new(Config::single_user("tp-jobs").unwrap());
        let options = ServerOptions::default().time_scale(1_000.0).run_jobs(run_jobs);
        let server = Server::bind(([127, 0, 0, 1], 0).into(), emulator.clone(), options).await;
        let server = server.expect("these tests push with a real rsync; install it");
        let client = Client::<T>::builder().token("tp-jobs").base_url(server.url()).build().unwrap();
        let mut wait = Wait::up_to(Duration::from_secs(60));
        wait.max_retry_after = Duration::from_millis(20);
        wait.min_retry_after = Duration::from_millis(1);
        let op = client.clusters().create(CreateCluster::new("1xH100")).await.unwrap();
        let cluster = op.wait(wait).await.unwrap().cluster_id;
        Self { emulator, client, cluster, home: TempDir::new().unwrap(), _server: server }
    }

    /// The folder to push.
    pub(crate) fn project(&self) -> PathBuf {
        let project = self.home.path().join("project");
        std::fs::create_dir_all(&project).unwrap();
        project
    }

    /// A file of it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.project().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A directory that is not there yet.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Everything below a directory: relative path and bytes.
    pub(crate) fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut left = vec![dir.to_owned()];
        while let Some(next) = left.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                    files.push((name, std::fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Waits until the engine says that the job has this status.
    pub(crate) async fn until(&self, job: &JobId, status: &str) {
        for _ in 0..600 {
            let info = self.client.jobs().info(job).await.unwrap();
            if info.status.is_some_and(|now| now.as_str() == status) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{job} never was {status}");
    }
}
