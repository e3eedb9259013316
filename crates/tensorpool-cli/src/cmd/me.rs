//! `tp me`

mod preferences;
mod sshkey;

use clap::{Args, Subcommand};
use serde_json::Value;
use tensorpool_client::core::api::user::{GetOrganization, GetUserInfo, Organization, UserInfo};

use super::{Group, help};
use crate::app::App;
use crate::failure::Failure;
use crate::output::View;
use preferences::Preferences;
use sshkey::SshKey;

/// `tp me`, alone or with what is on the account.
#[derive(Args, Debug)]
pub(crate) struct Me {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand, Debug)]
enum What {
    /// The public SSH keys on your account
    Sshkey(Group<SshKey>),
    /// Your organization, its members and its balance
    Organization,
    /// What you are told about, and when the balance is reloaded
    Preferences(Group<Preferences>),
}

impl Me {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self.what {
            None => {
                let Some(answer) = app.send(GetUserInfo).await? else { return Ok(()) };
                app.screen.show(&info(answer.json, &answer.value)?)
            }
            Some(What::Sshkey(Group { command: Some(command) })) => command.run(app).await,
            Some(What::Sshkey(_)) => help(app),
            Some(What::Organization) => {
                let ask = GetOrganization;
                app.look(ask, |answer, json| organization(json, &answer)).await
            }
            Some(What::Preferences(Group { command: Some(command) })) => command.run(app).await,
            Some(What::Preferences(_)) => preferences::where_they_are(app),
        }
    }
}

/// The engine's text, line by line.
fn info(json: Value, info: &UserInfo) -> Result<View, Failure> {
    let id = ["uid", "user_id", "id", "email"].iter().find_map(|name| json.get(*name)?.as_str());
    let mut view = View::one(Value::Null, id.unwrap_or_default());
    let text = info.message.as_deref().unwrap_or_default();
    view.rows = text.trim_end().lines().map(|line| vec![line.to_owned()]).collect();
    view.json = json;
    let overridden = std::env::var_os("TENSORPOOL_ENGINE").is_some_and(|url| !url.is_empty());
    let engine = if overridden { Some(format!("TENSORPOOL_ENGINE={}", App::engine()?)) } else { None };
    Ok(view.note(engine))
}

fn organization(json: Value, organization: &Organization) -> View {
    let mut view = View::one(json, organization.org_name.as_str())
        .field("name", Some(&organization.org_name))
        .field("balance", Some(organization.balance));
    for member in &organization.members {
        view = view.field("member", Some(format!("{} {}", member.email, member.uid)));
    }
    view
}
