//! The file of saved keys: its owner's alone from the first byte, replaced whole, and refused if others can read it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// Where the key of a profile is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// In this file.
    #[serde(rename = "key")]
    File(String),
    /// In the keyring.
    Keyring,
}

/// What the file says. It has no `Debug`: it holds keys.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Keys {
    #[serde(default)]
    profiles: BTreeMap<String, Place>,
    /// What a later version has written.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Where the file is: `tensorpool/keys.json` below the user's directory for settings.
pub(crate) fn path() -> Result<PathBuf, Failure> {
    let base = etcetera::choose_base_strategy()
        .map_err(|error| Failure::failed(format!("there is no place for settings: {error}")))?;
    Ok(base.config_dir().join("tensorpool").join("keys.json"))
}

impl Keys {
    /// Reads the file; one that is not there says nothing.
    pub(crate) fn load() -> Result<Self, Failure> {
        // Who has no home has saved nothing there.
        path().map_or_else(|_| Ok(Self::default()), |path| Self::read(&path))
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::io(path.display(), &error)),
        };
        if let Some(why) = exposed(path).map_err(|error| Failure::io(path.display(), &error))? {
            return Err(Failure::failed(why).hint(format!("run `chmod 600 {}`", path.display())));
        }
        // The words of a JSON error can repeat what it met: a key.
        serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::failed(format!("{}: cannot be read at line {line}, column {column}", path.display()))
                .hint("remove it and run `tp auth login`")
        })
    }

    /// The names of the profiles.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.profiles.keys().map(String::as_str).collect()
    }

    /// Takes a profile out.
    pub(crate) fn take(&mut self, profile: &str) -> Option<Place> {
        self.profiles.remove(profile)
    }

    /// Puts a profile in.
    pub(crate) fn put(&mut self, profile: &str, place: Place) {
        self.profiles.insert(profile.to_owned(), place);
    }

    /// Replaces the file, as a whole or not at all.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let path = path()?;
        // A link, as those have who keep their settings elsewhere, stays one.
        let path = fs::canonicalize(&path).unwrap_or(path);
        self.write(&path).map_err(|error| Failure::io(path.display(), &error))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        // Such a file is 0600 from its creation.
        let mut file = tempfile::Builder::new().prefix(".keys").tempfile_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Why a file that holds secrets is not its owner's alone, if it is not.
#[cfg(unix)]
pub(crate) fn exposed(path: &Path) -> io::Result<Option<String>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then(|| format!("{} is open to others (mode {mode:03o})", path.display())))
}

/// Elsewhere a file in the user's own directory is the user's alone.
#[cfg(not(unix))]
pub(crate) fn exposed(path: &Path) -> io::Result<Option<String>> {
    fs::metadata(path).map(|_| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_unknown_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/keys.json");
        fs::create_dir(home.path().join("a")).unwrap();
        let mut keys: Keys = serde_json::from_str(r#"{"later":1}"#).unwrap();
        keys.put("default", Place::File("planted".to_owned()));
        keys.put("work", Place::Keyring);
        keys.write(&path).unwrap();
        let mut read = Keys::read(&path).unwrap();
        assert_eq!(read.names(), ["default", "work"]);
        assert!(matches!(read.take("default"), Some(Place::File(key)) if key == "planted"));
        assert!(matches!(read.take("work"), Some(Place::Keyring)));
        assert_eq!(read.rest.get("later"), Some(&Value::from(1)));
        assert_eq!(fs::read_dir(home.path().join("a")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_its_owners_alone_or_not_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("b/keys.json");
        Keys::default().write(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&home.path().join("b"))), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Keys::read(&path).err().unwrap().to_string();
        assert!(refused.contains("mode 640") && refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn an_unreadable_one_says_where_and_shows_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys.json");
        Keys::default().write(&path).unwrap();
        fs::write(&path, r#"{"profiles":{"default":{"planted":"planted"}}}"#).unwrap();
        let refused = Keys::read(&path).err().unwrap().to_string();
        assert!(refused.contains("line 1") && !refused.contains("planted"), "{refused}");
    }
}
