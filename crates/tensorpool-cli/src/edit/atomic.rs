//! A file replaced in one step: whoever reads it sees the old one or the new one, and only its owner can.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A file as it was read, to be replaced.
pub(crate) struct Edit {
    /// Where it is, links followed: a link to a file kept elsewhere stays one.
    path: PathBuf,
    /// What it held; empty if there was none.
    pub(crate) before: Vec<u8>,
    existed: bool,
}

impl Edit {
    /// Reads the file, if there is one.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let (before, existed) = read(&path).map_err(|error| Failure::io(path.display(), &error))?;
        Ok(Self { path, before, existed })
    }

    /// Replaces the file, readable by its owner only. It is not touched if somebody else has changed it since.
    pub(crate) fn write(&self, after: &[u8]) -> Result<(), Failure> {
        self.replace(after).map_err(|error| Failure::io(self.path.display(), &error))
    }

    fn replace(&self, after: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        make(folder)?;
        // Made with mode 0600, beside the file: a rename does not cross file systems.
        let mut new = tempfile::Builder::new().prefix(".tp-").tempfile_in(folder)?;
        new.write_all(after)?;
        self.restrict(new.as_file())?;
        new.as_file().sync_all()?;
        if read(&self.path)? != (self.before.clone(), self.existed) {
            return Err(io::Error::other("it was changed meanwhile by another program; nothing was written"));
        }
        if self.existed {
            new.persist(&self.path)?;
        } else {
            new.persist_noclobber(&self.path)?;
        }
        sync(folder)
    }

    /// A mode that is stricter than 0600 stays.
    #[cfg(unix)]
    fn restrict(&self, new: &fs::File) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = match fs::metadata(&self.path) {
            Ok(old) => old.permissions().mode() & 0o600,
            Err(_) => 0o600,
        };
        new.set_permissions(fs::Permissions::from_mode(mode))
    }

    #[cfg(not(unix))]
    fn restrict(&self, _: &fs::File) -> io::Result<()> {
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    match fs::read(path) {
        Ok(bytes) => Ok((bytes, true)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), false)),
        Err(error) => Err(error),
    }
}

fn make(folder: &Path) -> io::Result<()> {
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
}

/// So that the new name outlives a loss of power.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::Edit;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_and_its_folders_are_the_owners_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/c.conf");
        Edit::of(&path).unwrap().write(b"x").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"x".to_vec(), 0o600));
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn a_loose_mode_is_tightened_and_a_strict_one_stays() {
        let home = tempfile::tempdir().unwrap();
        for (before, after) in [(0o644, 0o600), (0o400, 0o400), (0o600, 0o600)] {
            let path = home.path().join(format!("{before:o}"));
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            Edit::of(&path).unwrap().write(b"new").unwrap();
            assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), after));
        }
    }

    #[test]
    fn a_link_stays_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        Edit::of(&link).unwrap().write(b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn what_another_program_wrote_meanwhile_is_not_lost() {
        let home = tempfile::tempdir().unwrap();
        for first in [Some("old"), None] {
            let path = home.path().join(if first.is_some() { "there" } else { "not" });
            if let Some(text) = first {
                fs::write(&path, text).unwrap();
            }
            let edit = Edit::of(&path).unwrap();
            fs::write(&path, "theirs").unwrap();
            let failure = edit.write(b"ours").unwrap_err();
            assert!(failure.message.contains("changed meanwhile"), "{failure}");
            assert_eq!(fs::read(&path).unwrap(), b"theirs");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
    }
}
