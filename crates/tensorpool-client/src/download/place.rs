//! The places of one file below the directory: its own, its temporary file, and its record.
//!
//! Everything is reached through directory handles, one name at a time and never through a symbolic link, so that no
//! swap of a directory for a link leads a write outside, whenever it happens.

use std::fs::File;
use std::io;

use cap_fs_ext::{
    DirExt as _, FollowSymlinks, MetadataExt as _, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _,
};
use cap_std::fs::{Dir, Metadata, OpenOptions};
use tensorpool_core::error::{TransferError, TransferErrorKind};
use tensorpool_core::transfer::{RelPath, Standing};

/// Where a file goes.
pub(super) struct Place {
    pub(super) dir: Dir,
    pub(super) name: String,
    pub(super) temporary: String,
    pub(super) record: String,
}

impl Place {
    /// Goes down to the directory of `path`; `None` if it is not there and not to be made.
    pub(super) fn find(root: &Dir, path: &RelPath, make: bool) -> Result<Option<Self>, TransferError> {
        let cannot = |error| failure("the directory cannot be opened", error);
        let mut dir = root.try_clone().map_err(cannot)?;
        for part in path.directories() {
            dir = match dir.open_dir_nofollow(part) {
                Ok(next) => next,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !make {
                        return Ok(None);
                    }
                    make_dir(&dir, part).map_err(cannot)?;
                    dir.open_dir_nofollow(part).map_err(|error| blocked(&dir, part, error))?
                }
                Err(error) => return Err(blocked(&dir, part, error)),
            };
        }
        let name = path.file_name().to_owned();
        let stem = stem(&name);
        let temporary = format!("{stem}{}", RelPath::TEMPORARY);
        let record = format!("{stem}.record{}", RelPath::TEMPORARY);
        Ok(Some(Self { dir, name, temporary, record }))
    }

    /// What stands in the file's own place.
    pub(super) fn standing(&self) -> Result<Standing, TransferError> {
        match self.dir.symlink_metadata(&self.name) {
            Ok(found) if found.is_file() => Ok(Standing::File(found.len())),
            Ok(found) if found.is_dir() => Ok(Standing::Directory),
            Ok(_) => Ok(Standing::Other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Nothing),
            Err(error) => Err(failure("the file cannot be looked at", error)),
        }
    }

    /// Opens the temporary file and locks it; `None` if it is not there and not to be made.
    ///
    /// Another download of the same file may put it in its place, or remove it, between opening and locking: then the lock
    /// is on a file that has no such name any more, and it begins again.
    pub(super) fn lock(&self, make: bool) -> Result<Option<File>, TransferError> {
        let cannot = |error| failure("the temporary file cannot be opened", error);
        for _ in 0..100 {
            let mut options = options();
            options.read(true).write(true).create(make);
            let file = match self.dir.open_with(&self.temporary, &options) {
                Ok(file) => file.into_std(),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !make => return Ok(None),
                Err(error) => return Err(cannot(error)),
            };
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => {}
                Err(fs4::TryLockError::WouldBlock) => return Err(in_use()),
                Err(fs4::TryLockError::Error(error)) => return Err(cannot(error)),
            }
            let held = Metadata::from_file(&file).map_err(cannot)?;
            if !held.is_file() {
                let why = "the temporary file is none";
                return Err(TransferError::new(TransferErrorKind::Blocked, why));
            }
            match self.dir.symlink_metadata(&self.temporary) {
                // It has another name too: that of the finished file, where a process died between giving it one and taking
                // the other. Writing on would spoil what is finished.
                Ok(named) if identity(&named) == identity(&held) && held.nlink() > 1 => {
                    self.dir.remove_file(&self.temporary).map_err(cannot)?;
                }
                Ok(named) if identity(&named) == identity(&held) => return Ok(Some(file)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(cannot(error)),
            }
        }
        Err(in_use())
    }

    /// Opens a file to be read; anything else is an error.
    ///
    /// It is looked at before, because opening a device may do something, and after, because another program may have put
    /// something else there in between.
    pub(super) fn open_file(&self, name: &str) -> io::Result<File> {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a file");
        if !self.dir.symlink_metadata(name)?.is_file() {
            return Err(none());
        }
        let file = self.dir.open_with(name, options().read(true))?.into_std();
        if file.metadata()?.is_file() { Ok(file) } else { Err(none()) }
    }

    /// Makes the names in the directory last.
    pub(super) fn sync(&self) -> io::Result<()> {
        sync(&self.dir)
    }
}

fn in_use() -> TransferError {
    TransferError::new(TransferErrorKind::InUse, "another download of this file is under way")
}

/// Nothing is ever opened through a symbolic link, nor waited for: opening a FIFO would last until somebody writes to it. For
/// a file that makes no difference.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.follow(FollowSymlinks::No).nonblock(true);
    options
}

/// What makes a file itself, whatever it is called.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn make_dir(dir: &Dir, name: &str) -> io::Result<()> {
    match dir.create_dir(name) {
        Ok(()) => sync(dir),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Windows has no such thing.
fn sync(dir: &Dir) -> io::Result<()> {
    // The handle itself is for finding names, and cannot be synced.
    if cfg!(windows) { Ok(()) } else { dir.open(".")?.sync_all() }
}

/// The beginning of a name, cut so that with its endings it is no longer than a name may be, and a sum of all of it.
fn stem(name: &str) -> String {
    let mut cut = name.len().min(180);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    // FNV-1a: only to keep apart what begins alike.
    let sum = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!(".{}.{sum:016x}", name.get(..cut).unwrap_or_default())
}

/// A directory could not be entered: because it is none?
fn blocked(dir: &Dir, name: &str, error: io::Error) -> TransferError {
    match dir.symlink_metadata(name) {
        Ok(found) if !found.is_dir() => {
            let why = "something that is not a directory is in the way";
            TransferError::new(TransferErrorKind::Blocked, why).with_source(error)
        }
        _ => failure("the directory cannot be opened", error),
    }
}

/// What the file system said, by what a user can do about it.
pub(super) fn failure(what: &str, error: io::Error) -> TransferError {
    use io::ErrorKind;
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            TransferErrorKind::NoSpace
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => TransferErrorKind::Denied,
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
            TransferErrorKind::Blocked
        }
        _ => TransferErrorKind::Io,
    };
    TransferError::new(kind, format!("{what}: {error}")).with_source(error)
}
