//! `tp object-storage configure`: the keys, where another program looks for them.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use tensorpool_client::core::api::object_storage::{ConfigureAws, ConfigureRclone};

use crate::app::App;
use crate::edit::atomic::Edit;
use crate::edit::ini::{Section, changes};
use crate::failure::Failure;
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum Configure {
    /// A remote in rclone's configuration (RCLONE_CONFIG, or rclone/rclone.conf in ~/.config)
    Rclone,
    /// A profile for the AWS programs (AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or in ~/.aws)
    Aws,
}

/// How a file of rclone's begins that it has encrypted.
const ENCRYPTED: &[u8] = b"RCLONE_ENCRYPT_V";

/// A file with its section put in.
struct Change {
    path: PathBuf,
    section: String,
    edit: Edit,
    after: Vec<u8>,
}

impl Configure {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Rclone => rclone(app).await,
            Self::Aws => aws(app).await,
        }
    }
}

async fn rclone(app: &App) -> Result<(), Failure> {
    let Some(answer) = app.send(ConfigureRclone).await? else { return Ok(()) };
    let name = answer.value.remote_name.as_deref().unwrap_or("tp");
    let Some(text) = answer.value.rclone_config.filter(|text| !text.expose().trim().is_empty()) else {
        return nothing(app, answer.json, answer.value.message);
    };
    let section = read(name, text.expose())?;
    // Other kinds of remotes start programs.
    if section.value("type") != Some("s3") {
        return Err(refused("the remote is not of type s3"));
    }
    let path = rclone_file()?;
    let change = Change::new(path, name, &section)?;
    if change.edit.before.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) {
        return Err(Failure::failed(format!("{} is encrypted; nothing was written", change.path.display()))
            .hint(
                "decrypt it with `rclone config encryption remove`, or point RCLONE_CONFIG to another file",
            ));
    }
    let hint = format!("use it with --ignore-checksum: `rclone ls {name}: --ignore-checksum`");
    apply(app, answer.json, vec![change], &hint)
}

async fn aws(app: &App) -> Result<(), Failure> {
    let Some(answer) = app.send(ConfigureAws).await? else { return Ok(()) };
    let name = answer.value.profile_name.as_deref().unwrap_or("tp");
    let profile = if name == "default" { name.to_owned() } else { format!("profile {name}") };
    let mut changes = Vec::new();
    if let Some(text) = &answer.value.credentials_file {
        let section = read(name, text.expose())?;
        changes.push(Change::new(file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")?, name, &section)?);
    }
    if let Some(text) = &answer.value.config_file {
        let section = read(&profile, text)?;
        changes.push(Change::new(file("AWS_CONFIG_FILE", ".aws/config")?, &profile, &section)?);
    }
    if changes.is_empty() {
        return nothing(app, answer.json, answer.value.message);
    }
    let endpoint = answer.value.endpoint.map_or_else(String::new, |url| format!(" --endpoint-url {url}"));
    let hint = format!("use it with `aws s3 ls --profile {name}{endpoint}`");
    apply(app, answer.json, changes, &hint)
}

fn read(name: &str, text: &str) -> Result<Section, Failure> {
    Section::read(name, text).map_err(|why| refused(&why.to_string()))
}

fn refused(why: &str) -> Failure {
    Failure::failed(format!("the engine's configuration is refused: {why}; nothing was written"))
        .hint("see the keys with `tp object-storage credentials`")
}

fn nothing(app: &App, json: Value, message: Option<String>) -> Result<(), Failure> {
    let said = message.unwrap_or_else(|| "the engine gave no configuration; nothing was written".to_owned());
    app.screen.show(&View::one(json, "").note(Some(said)))
}

impl Change {
    fn new(path: PathBuf, section: &str, put: &Section) -> Result<Self, Failure> {
        let edit = Edit::of(&path)?;
        let after = put.put_into(&edit.before);
        Ok(Self { path, section: section.to_owned(), edit, after })
    }

    fn is_one(&self) -> bool {
        self.edit.before != self.after
    }
}

/// Shows what will change, asks where somebody can be asked, writes.
fn apply(app: &App, json: Value, all: Vec<Change>, hint: &str) -> Result<(), Failure> {
    for change in all.iter().filter(|change| change.is_one()) {
        app.screen.say(&format!("{}:", change.path.display()));
        for line in changes(&change.edit.before, &change.after) {
            app.screen.say(&line);
        }
    }
    if all.iter().any(Change::is_one) {
        app.consent("Write this?", "write")?;
    }
    let mut json = json;
    let mut view = View::default();
    let mut files = Vec::new();
    for change in &all {
        if change.is_one() {
            change.edit.write(&change.after)?;
        }
        let path = change.path.display().to_string();
        let what = if change.is_one() { "written" } else { "unchanged" };
        files.push(json!({ "path": path, "section": change.section, "changed": change.is_one() }));
        view.row(&path.clone(), vec![what.to_owned(), path, format!("[{}]", change.section)]);
    }
    if let Value::Object(fields) = &mut json {
        fields.insert("files".to_owned(), files.into());
    }
    view.json = json;
    app.screen.show(&view.note(Some(hint)))
}

fn rclone_file() -> Result<PathBuf, Failure> {
    if let Some(path) = variable("RCLONE_CONFIG") {
        return Ok(path);
    }
    // As rclone itself looks for it.
    if let Some(folder) = variable("XDG_CONFIG_HOME") {
        return Ok(folder.join("rclone/rclone.conf"));
    }
    #[cfg(windows)]
    if let Some(folder) = variable("APPDATA") {
        return Ok(folder.join("rclone/rclone.conf"));
    }
    in_home(Path::new(".config/rclone/rclone.conf"))
}

fn file(name: &str, usual: &str) -> Result<PathBuf, Failure> {
    variable(name).map_or_else(|| in_home(Path::new(usual)), Ok)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn in_home(path: &Path) -> Result<PathBuf, Failure> {
    let home = etcetera::home_dir().map_err(|error| Failure::failed(error.to_string()).hint("set HOME"))?;
    Ok(home.join(path))
}
