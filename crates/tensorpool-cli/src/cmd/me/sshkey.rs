//! `tp me sshkey`

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::Value;
use tensorpool_client::core::api::ssh_key::{AddSshKey, ListSshKeys, RemoveSshKey};
use tensorpool_client::core::model::SshKeyInfo;

use crate::app::App;
use crate::args::Org;
use crate::cmd::cluster::text;
use crate::failure::Failure;
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum SshKey {
    /// Put a public key on your account; clusters that you order then accept it
    Add {
        /// A file with the public key, such as ~/.ssh/id_ed25519.pub
        key_path: PathBuf,
        /// Its name
        #[arg(long)]
        name: Option<String>,
    },
    /// List keys
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        org: Org,
    },
    /// Take a key off your account; clusters that have it keep it
    #[command(visible_alias = "rm")]
    Remove {
        /// Its id
        key_id: String,
    },
}

impl SshKey {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Add { key_path, name } => {
                let path = in_home(key_path)?;
                let key = std::fs::read_to_string(&path).map_err(|e| Failure::io(path.display(), &e))?;
                let mut add = AddSshKey::new(key);
                if let Some(name) = name {
                    add = add.name(name);
                }
                let Some(answer) = app.send(add).await? else { return Ok(()) };
                let id = answer.value.key_id.as_str();
                let view = View::one(answer.json, id).field("key", Some(id));
                app.screen.show(&view.note(answer.value.message.as_deref()))
            }
            Self::List { org } => {
                let ask = ListSshKeys::new().include_org(org.org);
                app.look(ask, |answer, json| listed(json, &answer.keys)).await
            }
            Self::Remove { key_id } => {
                app.consent(&format!("Take SSH key {key_id} off the account?"), &key_id)?;
                let Some(answer) = app.send(RemoveSshKey::new(key_id.as_str())).await? else {
                    return Ok(());
                };
                let view = View::one(answer.json, &key_id).field("key", Some(&key_id));
                app.screen.show(&view.note(answer.value.message.as_deref()))
            }
        }
    }
}

/// `~/…` is the shell's to read, but it does not where the path is quoted; the official client does.
fn in_home(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.strip_prefix("~") {
        Ok(below) => etcetera::home_dir()
            .map(|home| home.join(below))
            .map_err(|error| Failure::failed(error.to_string()).hint("set HOME")),
        Err(_) => Ok(path),
    }
}

fn listed(json: Value, keys: &[SshKeyInfo]) -> View {
    let mut view = View::list(json, &["ID", "NAME", "KEY"]);
    for key in keys {
        let id = text(key.id.as_ref());
        let cells = vec![id.clone(), text(key.name.as_ref()), short(key.public_key.as_deref())];
        view.row(&id, cells);
    }
    let none = view.rows.is_empty().then_some("no SSH keys; add one with `tp me sshkey add FILE`");
    view.note(none)
}

/// The kind of a key and its last characters, by which people know it again.
fn short(key: Option<&str>) -> String {
    let mut words = key.unwrap_or_default().split_whitespace();
    match (words.next(), words.next()) {
        (Some(kind), Some(body)) => {
            let skip = body.chars().count().saturating_sub(12);
            format!("{kind} …{}", body.chars().skip(skip).collect::<String>())
        }
        (kind, _) => kind.unwrap_or_default().to_owned(),
    }
}
