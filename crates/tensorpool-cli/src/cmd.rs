//! The commands, one file a group: what each takes, asks, sends and shows.

mod api;
mod auth;
mod cluster;
pub(crate) mod completions;
mod demo;
mod doctor;
mod emulator;
mod job;
pub(crate) mod man;
mod me;
mod object_storage;
mod quote;
mod request;
mod ssh;
mod ssh_config;
mod storage;

use clap::Subcommand;

use crate::app::App;
use crate::args;
use crate::failure::Failure;

/// The first word.
#[derive(Subcommand, Debug)]
pub(crate) enum Cmd {
    /// Clusters: order, look, change, destroy
    Cluster(Group<cluster::Cluster>),
    /// Storage volumes: order, look, change, destroy
    #[command(alias = "nfs")]
    Storage(Group<storage::Storage>),
    /// Jobs: push, follow, fetch what they made
    Job(Group<job::Job>),
    /// Log in to an instance
    Ssh(ssh::Ssh),
    /// The instances as hosts of ssh's own configuration
    SshConfig(ssh_config::SshConfig),
    /// Object storage of your organization: keys, buckets, other programs
    ObjectStorage(Group<object_storage::ObjectStorage>),
    /// Your account, its SSH keys, organization and preferences
    Me(me::Me),
    /// What a cluster or a volume would cost
    Quote(quote::Quote),
    /// Operations that go on at the engine
    Request(Group<request::Request>),
    /// The key: save one, forget it, say which is used
    Auth(Group<auth::Auth>),
    /// Send any request, with the key
    Api(api::Api),
    /// Look for what may be wrong on this machine
    Doctor,
    /// Print a script that completes commands in a shell
    Completions(completions::Completions),
    /// Print a manual page
    Man(man::Man),
    /// A whole day against a local engine: no account, no cost, nothing left behind
    Demo,
    /// Run a local engine: no account, no cost, no GPUs
    ///
    /// The first line of the output is `listening on http://ADDRESS:PORT`. Point any TensorPool client to that address
    /// with TENSORPOOL_ENGINE, and give it the key with TENSORPOOL_KEY.
    Emulator(tensorpool_emulator::Program),
}

/// A word that needs a second one; alone it shows its help, as the official client does.
#[derive(clap::Args, Debug)]
pub(crate) struct Group<C: Subcommand> {
    #[command(subcommand)]
    command: Option<C>,
}

impl Cmd {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Cluster(Group { command: Some(command) }) => command.run(app).await,
            Self::Storage(Group { command: Some(command) }) => command.run(app).await,
            Self::Job(Group { command: Some(command) }) => command.run(app).await,
            Self::SshConfig(command) => command.run(app).await,
            Self::Ssh(command) => command.run(app).await,
            Self::Quote(command) => command.run(app).await,
            Self::Request(Group { command: Some(command) }) => command.run(app).await,
            Self::Auth(Group { command: Some(command) }) => command.run(app).await,
            Self::Api(command) => command.run(app).await,
            Self::Doctor => doctor::run(app).await,
            Self::Completions(command) => command.run(app),
            Self::Man(command) => command.run(app),
            Self::ObjectStorage(Group { command: Some(command) }) => command.run(app).await,
            Self::Me(command) => command.run(app).await,
            Self::Demo => demo::run(app).await,
            Self::Emulator(program) => emulator::run(program, app).await,
            Self::Auth(_)
            | Self::Cluster(_)
            | Self::Job(_)
            | Self::ObjectStorage(_)
            | Self::Request(_)
            | Self::Storage(_) => help(app),
        }
    }
}

/// The help of the command that was given.
fn help(app: &App) -> Result<(), Failure> {
    args::help(&app.path().split(' ').collect::<Vec<_>>())
}
