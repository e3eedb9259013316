//! `tp auth`

use std::io::{self, IsTerminal as _, Read as _};

use clap::Subcommand;
use serde_json::{Value, json};
use tensorpool_client::core::api::user::{GetMe, Me};

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key::file::{self, Keys, Place};
use crate::key::{self, keyring};
use crate::output::View;

#[derive(Subcommand, Debug)]
pub(crate) enum Auth {
    /// Save a key, after the engine has accepted it: in the keyring where there is one, else in a file of yours alone
    Login {
        /// Read the key from standard input
        #[arg(long)]
        with_token: bool,
        /// Save it in the file, even where there is a keyring
        #[arg(long)]
        no_keyring: bool,
    },
    /// Forget a saved key
    Logout,
    /// Say which key is used, where it is from, and whose it is
    Status,
}

impl Auth {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Login { with_token, no_keyring } => login(app, with_token, no_keyring).await,
            Self::Logout => logout(app),
            Self::Status => status(app).await,
        }
    }
}

async fn login(app: &App, with_token: bool, no_keyring: bool) -> Result<(), Failure> {
    let profile = key::profile(app);
    if app.globals.dry_run {
        return app.show_request(&GetMe);
    }
    let key = if with_token { piped()? } else { asked(app)? };
    // A key that does not work is worse than none: it is found out later.
    let reply = app.client_with(key.clone())?.reply(GetMe).await?;
    let json: Value = serde_json::from_slice(reply.body.expose()).unwrap_or(Value::Null);

    let mut keys = Keys::load()?;
    let before = keys.take(profile);
    let kept = match no_keyring {
        true => Err("as asked".to_owned()),
        false => keyring::set(profile, &key).map_err(|why| format!("no keyring: {why}")),
    };
    if kept.is_err() && matches!(before, Some(Place::Keyring)) {
        // The one that is replaced must not stay behind; what cannot be reached cannot be cleared either.
        let _ = keyring::remove(profile);
    }
    let (place, said) = match kept {
        Ok(()) => (Place::Keyring, "the keyring".to_owned()),
        Err(why) => (Place::File(key), format!("{} ({why})", file::path()?.display())),
    };
    let name = if matches!(place, Place::Keyring) { "keyring" } else { "file" };
    keys.put(profile, place);
    keys.save()?;

    let json = json!({ "profile": profile, "saved_in": name, "me": json });
    let view = whose(View::one(json, profile).field("profile", Some(profile)), &reply.value)
        .field("saved in", Some(&said));
    let hidden = key::environment().map(|key| format!("{} is set, and is used instead of it", key.source));
    app.screen.show(&view.note(hidden))
}

/// A key that is typed, and not shown.
fn asked(app: &App) -> Result<String, Failure> {
    if app.globals.no_input || !app.screen.asks {
        return Err(Failure::usage("there is no terminal to ask for the key on; nothing was sent")
            .hint("give it on standard input: `tp auth login --with-token < FILE`"));
    }
    app.screen.say("Your key is at https://tensorpool.dev/dashboard/profile");
    let key = rpassword::prompt_password("Key (not shown): ").map_err(|e| Failure::io("terminal", &e))?;
    trimmed(&key)
}

/// A key that comes from a file or another program.
fn piped() -> Result<String, Failure> {
    let mut stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::usage("--with-token reads a file or a pipe, and this is a terminal")
            .hint("leave it out to be asked"));
    }
    let mut text = String::new();
    stdin.by_ref().take(1 << 16).read_to_string(&mut text).map_err(|error| Failure::io("stdin", &error))?;
    trimmed(&text)
}

fn trimmed(key: &str) -> Result<String, Failure> {
    match key.trim() {
        "" => Err(Failure::usage("the key is empty; nothing was sent")),
        key => Ok(key.to_owned()),
    }
}

fn logout(app: &App) -> Result<(), Failure> {
    let profile = key::profile(app);
    let mut keys = Keys::load()?;
    let Some(place) = keys.take(profile) else {
        return Err(Failure::new(Exit::NotFound, format!("there is no key saved as {profile}"))
            .hint("see `tp auth status`"));
    };
    app.consent(&format!("Forget the key saved as {profile}?"), profile)?;
    if app.globals.dry_run {
        app.screen.say("dry run: nothing was removed");
        return Ok(());
    }
    if matches!(place, Place::Keyring) {
        keyring::remove(profile)
            .map_err(|why| Failure::failed(format!("the keyring does not remove the key: {why}")))?;
    }
    keys.save()?;
    let note = match key::environment() {
        Some(key) => format!("{} is still set", key.source),
        None => "the key itself is still valid: it is revoked at https://tensorpool.dev/dashboard/profile"
            .to_owned(),
    };
    let json = json!({ "profile": profile, "removed": true });
    app.screen.show(&View::one(json, profile).field("forgotten", Some(profile)).note(Some(note)))
}

async fn status(app: &App) -> Result<(), Failure> {
    let key = app.key()?;
    let Some(answer) = app.send(GetMe).await? else { return Ok(()) };
    let engine = App::engine()?.to_string();
    let (source, masked) = (key.source.to_string(), masked(&key.value));
    let keys = Keys::load()?;
    let json = json!({
        "source": source,
        "key": masked,
        "engine": engine,
        "me": answer.json,
        "profiles": keys.names(),
    });
    let id = answer.value.uid.clone().unwrap_or_default();
    let view = whose(View::one(json, id), &answer.value)
        .field("key", Some(masked))
        .field("from", Some(source))
        .field("engine", Some(engine))
        .field("profiles", Some(keys.names().join(" ")));
    app.screen.show(&view)
}

fn whose(view: View, me: &Me) -> View {
    view.field("user", me.uid.as_ref()).field("email", me.email.as_ref())
}

/// Enough of a key to tell it from another of one's own, and too little to be of use.
pub(super) fn masked(key: &str) -> String {
    match key.char_indices().rev().nth(3) {
        Some((at, _)) if key.len() >= 16 => format!("…{}", key.get(at..).unwrap_or_default()),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_by_its_end_and_a_short_one_not_at_all() {
        assert_eq!(masked("0123456789abcdef"), "…cdef");
        assert_eq!(masked("0123456789abcde"), "…");
        assert_eq!(masked("ü"), "…");
        assert_eq!(masked(""), "…");
    }
}
