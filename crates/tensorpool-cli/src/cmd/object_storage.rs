//! `tp object-storage`

mod configure;

use clap::Subcommand;
use serde_json::{Value, json};
use tensorpool_client::core::api::object_storage::{
    BucketList, CreateBucket, DeleteBucket, DisableObjectStorage, EnableObjectStorage, GetCredentials,
    ListBuckets, RotateKeys,
};
use tensorpool_client::core::model::Acknowledged;

use super::{Group, help};
use crate::app::App;
use crate::failure::Failure;
use crate::output::View;
use configure::Configure;

#[derive(Subcommand, Debug)]
pub(crate) enum ObjectStorage {
    /// Turn object storage on for your organization, and show its keys
    Enable,
    /// Turn object storage off for your whole organization
    Disable,
    /// Show the keys that an S3 client needs
    Credentials,
    /// Replace the keys; the old ones stop working for everyone in the organization
    RotateKeys,
    /// Write the keys into the configuration of another program
    Configure(Group<Configure>),
    /// Buckets: list, make, delete
    Bucket(Group<Bucket>),
}

#[derive(Subcommand, Debug)]
pub(crate) enum Bucket {
    /// List buckets
    #[command(visible_alias = "ls")]
    List,
    /// Make a bucket
    Create {
        /// Its name
        bucket_name: String,
    },
    /// Delete an empty bucket
    #[command(visible_alias = "rm")]
    Delete {
        /// Its name
        bucket_name: String,
    },
}

impl ObjectStorage {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Enable => {
                let Some(answer) = app.send(EnableObjectStorage).await? else { return Ok(()) };
                app.screen.show(&keys(answer.json))
            }
            Self::Disable => {
                app.consent("Turn object storage off for the whole organization?", "disable")?;
                let Some(answer) = app.send(DisableObjectStorage).await? else { return Ok(()) };
                app.screen.show(&done(answer.json, "object-storage", &answer.value))
            }
            Self::Credentials => {
                let Some(answer) = app.send(GetCredentials).await? else { return Ok(()) };
                app.screen.show(&keys(answer.json))
            }
            Self::RotateKeys => {
                let what = "Replace the keys? Whoever in the organization uses the old ones is locked out.";
                app.consent(what, "rotate-keys")?;
                let Some(answer) = app.send(RotateKeys).await? else { return Ok(()) };
                let view = keys(answer.json);
                app.screen.show(&view)?;
                app.screen.say("run `tp object-storage configure` again where the old keys were written");
                Ok(())
            }
            Self::Configure(Group { command: Some(command) }) => command.run(app).await,
            Self::Bucket(Group { command: Some(command) }) => command.run(app).await,
            Self::Configure(_) | Self::Bucket(_) => help(app),
        }
    }
}

impl Bucket {
    async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::List => {
                let ask = ListBuckets;
                app.look(ask, |answer, json| listed(json, &answer)).await
            }
            Self::Create { bucket_name } => {
                let Some(answer) = app.send(CreateBucket::new(bucket_name.as_str())).await? else {
                    return Ok(());
                };
                app.screen.show(&done(answer.json, &bucket_name, &answer.value))
            }
            Self::Delete { bucket_name } => {
                app.consent(&format!("Delete bucket {bucket_name}?"), &bucket_name)?;
                let Some(answer) = app.send(DeleteBucket::new(bucket_name.as_str())).await? else {
                    return Ok(());
                };
                // The engine says nothing at all.
                let json = match answer.json {
                    Value::Null => json!({ "bucket_name": bucket_name, "deleted": true }),
                    said => said,
                };
                let view = done(json, &bucket_name, &answer.value);
                let said = view.note.clone().unwrap_or_else(|| format!("bucket {bucket_name} deleted"));
                app.screen.show(&view.note(Some(said)))
            }
        }
    }
}

/// The keys, in full: whoever runs this asked for them.
fn keys(json: Value) -> View {
    let said = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, message) = (said("access_key_id"), said("message"));
    let (secret, endpoint, region) = (said("secret_access_key"), said("endpoint"), said("region"));
    let none = id.is_none().then_some("see the keys with `tp object-storage credentials`".to_owned());
    View::one(json, id.clone().unwrap_or_default())
        .field("access key id", id)
        .field("secret access key", secret)
        .field("endpoint", endpoint)
        .field("region", region)
        .note(message.or(none))
}

fn done(json: Value, id: &str, answer: &Acknowledged) -> View {
    View::one(json, id).note(answer.message.as_deref())
}

fn listed(json: Value, list: &BucketList) -> View {
    let mut view = View::list(json, &["NAME"]);
    for bucket in &list.buckets {
        let name = bucket.name.as_str();
        view.row(name, vec![name.to_owned()]);
    }
    let none = view.rows.is_empty().then_some("no buckets");
    view.note(none)
}
