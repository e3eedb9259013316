//! `tp me preferences`

use clap::Subcommand;
use serde_json::{Value, json};
use tensorpool_client::core::api::user::{EditPreferences, GetPreferences, Preferences as Answer};

use crate::app::App;
use crate::args::truth;
use crate::failure::Failure;
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum Preferences {
    /// Show them
    Get,
    /// Change some of them, and leave the rest
    ///
    /// NAME is notify_email_cluster_create, notify_email_cluster_destroy or autopay_enabled, with true or false;
    /// or balance_warning_threshold or autopay_reload_threshold, with USD or none.
    Set {
        /// What to change
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = assignment)]
        changes: Vec<Assignment>,
    },
}

/// Where the official client sends people.
const DASHBOARD: &str = "https://tensorpool.dev/dashboard/profile";

/// One change, read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Assignment {
    NotifyCreate(bool),
    NotifyDestroy(bool),
    Autopay(bool),
    Warning(Option<f64>),
    Reload(Option<f64>),
}

fn assignment(text: &str) -> Result<Assignment, String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    match name.replace('-', "_").as_str() {
        "notify_email_cluster_create" => truth(value).map(Assignment::NotifyCreate),
        "notify_email_cluster_destroy" => truth(value).map(Assignment::NotifyDestroy),
        "autopay_enabled" => truth(value).map(Assignment::Autopay),
        "balance_warning_threshold" => usd(value).map(Assignment::Warning),
        "autopay_reload_threshold" => usd(value).map(Assignment::Reload),
        _ => Err("there is no preference of this name; see --help".to_owned()),
    }
}

fn usd(text: &str) -> Result<Option<f64>, String> {
    if text == "none" || text == "null" {
        return Ok(None);
    }
    text.trim_start_matches('$').parse().map(Some).map_err(|_| "a number of USD, or none".to_owned())
}

impl Preferences {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let answer = match self {
            Self::Get => app.send(GetPreferences).await?,
            Self::Set { changes } => {
                app.send(changes.into_iter().fold(EditPreferences::new(), apply)).await?
            }
        };
        let Some(answer) = answer else { return Ok(()) };
        app.screen.show(&view(answer.json, &answer.value))
    }
}

fn apply(edit: EditPreferences, change: Assignment) -> EditPreferences {
    match change {
        Assignment::NotifyCreate(on) => edit.notify_email_cluster_create(on),
        Assignment::NotifyDestroy(on) => edit.notify_email_cluster_destroy(on),
        Assignment::Autopay(on) => edit.autopay_enabled(on),
        Assignment::Warning(Some(usd)) => edit.balance_warning_threshold(usd),
        Assignment::Warning(None) => edit.clear_balance_warning_threshold(),
        Assignment::Reload(Some(usd)) => edit.autopay_reload_threshold(usd),
        Assignment::Reload(None) => edit.clear_autopay_reload_threshold(),
    }
}

/// `tp me preferences` alone: says where they are, and sends nothing, as the official client does.
pub(super) fn where_they_are(app: &App) -> Result<(), Failure> {
    let mut view = View::one(json!({ "url": DASHBOARD }), DASHBOARD)
        .note(Some("see them here with `tp me preferences get`, change them with `set NAME=VALUE`"));
    view.rows.push(vec![format!("To manage your preferences, visit: {DASHBOARD}")]);
    app.screen.show(&view)
}

fn view(json: Value, preferences: &Answer) -> View {
    let or_none = |usd: Option<String>| Some(usd.unwrap_or_else(|| "none".to_owned()));
    View::one(json, "preferences")
        .field("notify_email_cluster_create", Some(preferences.notify_email_cluster_create))
        .field("notify_email_cluster_destroy", Some(preferences.notify_email_cluster_destroy))
        .field("autopay_enabled", Some(preferences.autopay_enabled))
        .field(
            "balance_warning_threshold",
            or_none(preferences.balance_warning_threshold.map(|usd| usd.to_string())),
        )
        .field(
            "autopay_reload_threshold",
            or_none(preferences.autopay_reload_threshold.map(|usd| usd.to_string())),
        )
}
