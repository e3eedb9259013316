//! The API key: where it is looked for, and where it was found.

pub(crate) mod dotenv;
pub(crate) mod file;
pub(crate) mod keyring;

use std::fmt;

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use file::{Keys, Place};

/// A key, and its source.
pub(crate) struct Key {
    pub(crate) value: String,
    pub(crate) source: Source,
}

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An environment variable.
    Environment(&'static str),
    /// The keyring of the system, under this profile.
    Keyring(String),
    /// The file that `tp auth login` writes, under this profile.
    File(String),
    /// `.env` in the working directory.
    DotEnv,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::Keyring(profile) => write!(f, "keyring, profile {profile}"),
            Self::File(profile) => write!(f, "file, profile {profile}"),
            Self::DotEnv => f.write_str(".env in the working directory"),
        }
    }
}

/// The variables a key is read from, first one first.
pub(crate) const VARIABLES: [&str; 2] = ["TENSORPOOL_KEY", "TENSORPOOL_API_KEY"];

/// The profile that is used if none is named.
pub(crate) const DEFAULT: &str = "default";

/// The profile that was named on the command line or in the environment.
pub(crate) fn named(app: &App) -> Option<&str> {
    app.globals.profile.as_deref().filter(|name| !name.is_empty())
}

/// The profile that is meant.
pub(crate) fn profile(app: &App) -> &str {
    named(app).unwrap_or(DEFAULT)
}

/// The key in the environment.
pub(crate) fn environment() -> Option<Key> {
    VARIABLES.iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty())?;
        Some(Key { value, source: Source::Environment(name) })
    })
}

/// The first key there is: environment, saved profile, `.env`. It is a failure only if a source is there and cannot be read.
pub(crate) fn find(app: &App) -> Result<Option<Key>, Failure> {
    if let Some(key) = environment() {
        return Ok(Some(key));
    }
    if let Some(key) = saved(profile(app))? {
        return Ok(Some(key));
    }
    if let Some(name) = named(app) {
        // Whoever names an account does not want to act as another one.
        return Err(Failure::new(Exit::Authentication, format!("there is no key saved as {name}"))
            .hint(format!("run `tp auth login --profile {name}`")));
    }
    Ok(dotenv::find(app)?.map(|value| Key { value, source: Source::DotEnv }))
}

/// The key saved as `profile`. The file says whether it holds it or the keyring does, so that a keyring is asked only by
/// those who use one.
fn saved(profile: &str) -> Result<Option<Key>, Failure> {
    let Some(place) = Keys::load()?.take(profile) else { return Ok(None) };
    let (value, source) = match place {
        Place::File(value) => (value, Source::File(profile.to_owned())),
        Place::Keyring => {
            let value = keyring::get(profile).map_err(|why| {
                Failure::new(Exit::Authentication, format!("the keyring does not give the key: {why}"))
                    .hint("unlock it, or set TENSORPOOL_KEY, or `tp auth login --no-keyring`")
            })?;
            (value, Source::Keyring(profile.to_owned()))
        }
    };
    Ok(Some(Key { value, source }))
}
