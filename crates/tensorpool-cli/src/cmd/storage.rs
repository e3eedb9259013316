//! `tp storage`, also `tp nfs`

use clap::Subcommand;
use serde_json::Value;
use tensorpool_client::core::api::storage::{
    CreateStorage, DestroyStorage, EditStorage, GetStorage, ListStorage, StorageCreated,
};
use tensorpool_client::core::model::StorageInfo;

use super::cluster::{accepted, join, text, yes_or_no};
use crate::app::App;
use crate::args::{Org, WaitArg, truth};
use crate::failure::Failure;
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum Storage {
    /// Order a volume; it is billed from then on
    Create {
        /// Its size, GB
        #[arg(required_unless_present = "old_size")]
        size: Option<u64>,
        /// Its name
        #[arg(long)]
        name: Option<String>,
        /// It refuses to be destroyed until that is switched off
        #[arg(long)]
        deletion_protection: bool,
        #[command(flatten)]
        wait: WaitArg,
        #[arg(short = 's', long = "size", hide = true, conflicts_with = "size")]
        old_size: Option<u64>,
        #[arg(short = 't', long = "type", hide = true)]
        old_type: Option<String>,
    },
    /// Destroy a volume and everything on it
    #[command(visible_alias = "rm")]
    Destroy {
        /// Its id
        storage_id: String,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// List volumes
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        org: Org,
    },
    /// Show one volume
    Info {
        /// Its id
        storage_id: String,
    },
    /// Rename a volume, make it larger, or protect it from being destroyed
    #[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
    Edit {
        /// Its id
        storage_id: String,
        /// Its new name
        #[arg(long, group = "change")]
        name: Option<String>,
        /// Whether it refuses to be destroyed
        #[arg(long, group = "change", value_parser = truth, value_name = "true|false")]
        deletion_protection: Option<bool>,
        /// Its new size, GB; it can only grow
        #[arg(short, long, group = "change")]
        size: Option<u64>,
        #[command(flatten)]
        wait: WaitArg,
    },
}

impl Storage {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Create { size, name, deletion_protection, wait, old_size, old_type } => {
                if let Some(old) = old_type {
                    app.screen.say(&format!("hint: volumes have no type any more; {old} is left out"));
                }
                if old_size.is_some() {
                    app.screen.say("hint: the size is the first argument now: `tp storage create SIZE`");
                }
                let mut create = CreateStorage::new(size.or(old_size).unwrap_or_default());
                if let Some(name) = name {
                    create = create.name(name);
                }
                app.order(create.deletion_protection(deletion_protection), wait.wait, created).await
            }
            Self::Destroy { storage_id, wait } => {
                app.consent(&format!("Destroy volume {storage_id} and everything on it?"), &storage_id)?;
                let destroy = DestroyStorage::new(storage_id.as_str());
                app.order(destroy, wait.wait, |answer, json| accepted(json, &storage_id, answer)).await
            }
            Self::List { org } => {
                let list = ListStorage::new().include_org(org.org);
                app.look(list, |answer, json| listed(json, &answer.volumes)).await
            }
            Self::Info { storage_id } => {
                let get = GetStorage::new(storage_id.as_str());
                app.look(get, |answer, json| info(json, &answer.storage_info)).await
            }
            Self::Edit { storage_id, name, deletion_protection, size, wait } => {
                let mut edit = EditStorage::new(storage_id.as_str());
                if let Some(name) = name {
                    edit = edit.name(name);
                }
                if let Some(on) = deletion_protection {
                    edit = edit.deletion_protection(on);
                }
                if let Some(size) = size {
                    edit = edit.size_gb(size);
                }
                app.order(edit, wait.wait, |answer, json| accepted(json, &storage_id, answer)).await
            }
        }
    }
}

fn created(created: &StorageCreated, json: Value) -> View {
    View::one(json, created.storage_id.as_str())
        .field("volume", Some(created.storage_id.as_str()))
        .field("request", created.request_id.as_ref().map(|id| id.as_str()))
        .note(created.message.as_deref())
}

fn listed(json: Value, volumes: &[StorageInfo]) -> View {
    let mut view = View::list(json, &["ID", "NAME", "SIZE GB", "STATUS", "ATTACHED TO", "PROTECTED"]);
    for volume in volumes {
        let id = text(volume.id.as_ref());
        let cells = [
            text(volume.name.as_ref()),
            text(volume.size_gb),
            text(volume.status.as_ref()),
            join(volume.attached_clusters.iter().flatten().map(|id| id.as_str())),
            text(yes_or_no(volume.deletion_protection)),
        ];
        view.row(&id, std::iter::once(id.clone()).chain(cells).collect());
    }
    let none = view.rows.is_empty().then_some("no volumes");
    view.note(none)
}

fn info(json: Value, volume: &StorageInfo) -> View {
    View::one(json, text(volume.id.as_ref()))
        .field("id", volume.id.as_ref())
        .field("name", volume.name.as_ref())
        .field("size", volume.size_gb.map(|gb| format!("{gb} GB")))
        .field("status", volume.status.as_ref())
        .field("price", volume.hourly_rate)
        .field("attached to", Some(join(volume.attached_clusters.iter().flatten().map(|id| id.as_str()))))
        .field("protected", yes_or_no(volume.deletion_protection))
}
