//! The sink: what a transfer asks of a directory.
//!
//! A file grows in a temporary one beside its place, is made to last, and only then gets its name: whoever looks at the
//! name sees the whole file or none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata};
use tensorpool_core::error::{TransferError, TransferErrorKind};
use tensorpool_core::transfer::{
    BadName, Committed, Existing, FileId, Found, Partial, Ranges, Refusal, RelPath, Standing,
};

use super::place::{Place, failure, identity, options};
use super::record;

pub(super) struct Sink {
    root: Dir,
    existing: Existing,
    works: BTreeMap<FileId, Work>,
    /// The files this download has put in their places, by what they are and not by name.
    placed: BTreeSet<(u64, u64)>,
}

/// A file under way. The lock is held as long as the temporary file is open.
struct Work {
    place: Place,
    file: File,
    at: u64,
    etag: Option<String>,
    length: Option<u64>,
    record: Option<File>,
}

impl Sink {
    /// Opens the directory, which is made if it is not there.
    pub(super) fn open(dir: &Path, existing: Existing) -> Result<Self, TransferError> {
        std::fs::create_dir_all(dir).map_err(|error| failure("the directory cannot be made", error))?;
        let root = Dir::open_ambient_dir(dir, ambient_authority());
        let root = root.map_err(|error| failure("the directory cannot be opened", error))?;
        Ok(Self { root, existing, works: BTreeMap::new(), placed: BTreeSet::new() })
    }

    pub(super) fn look(&mut self, id: FileId, path: &RelPath) -> Result<Found, TransferError> {
        if cfg!(windows) && !path.fits_windows() {
            let why = "the name holds a character that Windows cannot store";
            return Err(TransferError::new(TransferErrorKind::Blocked, why));
        }
        let Some(place) = Place::find(&self.root, path, false)? else { return Ok(Found::default()) };
        let standing = place.standing()?;
        if standing != Standing::Nothing && self.existing == Existing::Refuse {
            return Ok(Found::new(standing, None));
        }
        let Some(file) = place.lock(false)? else { return Ok(Found::new(standing, None)) };
        let partial = partial(&place, &file);
        let (etag, length) = partial.as_ref().map_or((None, None), |p| (Some(p.etag.clone()), p.length));
        // The record is written anew, so that one line cut off in the middle does no harm to the next.
        self.works.insert(id, Work { place, file, at: 0, etag, length, record: None });
        Ok(Found::new(standing, partial))
    }

    pub(super) fn start(
        &mut self,
        id: FileId,
        path: &RelPath,
        etag: Option<String>,
        length: Option<u64>,
    ) -> Result<(), TransferError> {
        let cannot = |error| failure("the temporary file cannot be emptied", error);
        let mut work = match self.works.remove(&id) {
            Some(work) => work,
            None => {
                let gone = || TransferError::new(TransferErrorKind::Io, "the directory has gone");
                let place = Place::find(&self.root, path, true)?.ok_or_else(gone)?;
                let file = place.lock(true)?.ok_or_else(gone)?;
                Work { place, file, at: 0, etag: None, length: None, record: None }
            }
        };
        // What was recorded must be forgotten for good before other bytes take its place.
        work.record = None;
        match work.place.dir.remove_file(&work.place.record) {
            Ok(()) => work.place.sync().map_err(cannot)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
        work.file.set_len(0).map_err(cannot)?;
        // Whatever of it was written before, the next write says where.
        work.file.rewind().map_err(cannot)?;
        (work.at, work.etag, work.length) = (0, etag, length);
        self.works.insert(id, work);
        Ok(())
    }

    pub(super) fn write(&mut self, id: FileId, offset: u64, data: &[u8]) -> Result<(), TransferError> {
        let work = self.work(id)?;
        let written = (|| {
            if work.at != offset {
                work.file.seek(SeekFrom::Start(offset))?;
            }
            work.file.write_all(data)
        })();
        // After a failure nobody knows where it stands.
        work.at = if written.is_ok() { offset + data.len() as u64 } else { u64::MAX };
        written.map_err(|error| failure("the file cannot be written", error))
    }

    pub(super) fn record(&mut self, id: FileId, done: &Ranges) -> Result<(), TransferError> {
        let work = self.work(id)?;
        let Some(etag) = work.etag.clone() else { return Ok(()) };
        let recorded = (|| {
            work.file.sync_data()?;
            let line = record::line(done);
            if let Some(record) = &mut work.record {
                return record.write_all(line.as_bytes());
            }
            let mut record = new_record(&work.place)?;
            record.write_all(format!("{}{line}", record::header(&etag, work.length)).as_bytes())?;
            work.record = Some(record);
            Ok(())
        })();
        recorded.map_err(|error| failure("what has arrived cannot be recorded", error))
    }

    pub(super) fn commit(&mut self, id: FileId, length: u64) -> Result<Committed, TransferError> {
        let existing = self.existing;
        let Some(work) = self.works.get_mut(&id) else { return Err(unknown()) };
        let cannot = |error| failure("the file cannot be put in its place", error);
        let held = work.file.metadata().map_err(cannot)?.len();
        if held != length {
            let why = format!("the temporary file has {held} bytes instead of {length}");
            return Err(TransferError::new(TransferErrorKind::Io, why));
        }
        work.file.sync_all().map_err(cannot)?;
        let place = &work.place;
        let committed = match existing {
            Existing::Overwrite => replace(place, &self.placed).map_err(cannot)?,
            Existing::Refuse => match add(place).map_err(cannot)? {
                true => Committed::Placed,
                false => Committed::Refused(Refusal::Exists),
            },
            Existing::SkipIfIdentical => match add(place).map_err(cannot)? {
                true => Committed::Placed,
                false if same(&mut work.file, place).map_err(cannot)? => Committed::Identical,
                false => Committed::Refused(Refusal::Differs),
            },
        };
        if committed == Committed::Placed {
            place.sync().map_err(cannot)?;
            let metadata = Metadata::from_file(&work.file).map_err(cannot)?;
            self.placed.insert(identity(&metadata));
        }
        if !matches!(committed, Committed::Refused(_)) {
            self.release(id, false);
        }
        Ok(committed)
    }

    /// Lets go of a file. Without a record what there is of it is of no use to anybody.
    pub(super) fn release(&mut self, id: FileId, keep: bool) {
        if let Some(work) = self.works.remove(&id) {
            work.leave(keep);
        }
    }

    fn work(&mut self, id: FileId) -> Result<&mut Work, TransferError> {
        self.works.get_mut(&id).ok_or_else(unknown)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        for work in std::mem::take(&mut self.works).into_values() {
            work.leave(true);
        }
    }
}

impl Work {
    /// Removes the temporary file unless it is to be kept and has a record. What cannot be removed stays: the next run begins
    /// with it.
    fn leave(self, keep: bool) {
        let place = &self.place;
        if keep && place.dir.symlink_metadata(&place.record).is_ok() {
            return;
        }
        let _ = place.dir.remove_file(&place.record);
        // Once it is in its place it no longer has this name, and a file that has is somebody else's.
        let held = Metadata::from_file(&self.file).ok();
        let named = place.dir.symlink_metadata(&place.temporary).ok();
        if held.is_some() && held.as_ref().map(identity) == named.as_ref().map(identity) {
            let _ = place.dir.remove_file(&place.temporary);
        }
    }
}

fn unknown() -> TransferError {
    TransferError::new(TransferErrorKind::Io, "the file was not begun")
}

fn partial(place: &Place, file: &File) -> Option<Partial> {
    let mut text = String::new();
    let record = place.open_file(&place.record).ok()?;
    // A record is short; one that is not is none.
    record.take(1024 * 1024).read_to_string(&mut text).ok()?;
    record::parse(&text, file.metadata().ok()?.len())
}

/// A new record takes the place of the old one only when it is written: here the old one is simply dropped, which costs bytes
/// and never truth.
fn new_record(place: &Place) -> io::Result<File> {
    match place.dir.remove_file(&place.record) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Ok(place.dir.open_with(&place.record, options().write(true).create_new(true))?.into_std())
}

/// Gives the file its name if nothing has it; `false` if something does.
fn add(place: &Place) -> io::Result<bool> {
    match place.dir.hard_link(&place.temporary, &place.dir, &place.name) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some file systems have no second names. Between looking and renaming another program may be faster.
        Err(error) => match place.dir.symlink_metadata(&place.name) {
            Ok(_) => Ok(false),
            Err(missing) if missing.kind() == io::ErrorKind::NotFound && no_links(&error) => {
                place.dir.rename(&place.temporary, &place.dir, &place.name).map(|()| true)
            }
            Err(_) => Err(error),
        },
    }
}

fn no_links(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), Unsupported | PermissionDenied | TooManyLinks)
}

/// Puts the file in its place, whatever has it, unless that is a file of this same download: then the file system takes two
/// names of the set for one.
fn replace(place: &Place, placed: &BTreeSet<(u64, u64)>) -> io::Result<Committed> {
    match place.dir.symlink_metadata(&place.name) {
        Ok(there) if placed.contains(&identity(&there)) => {
            let collides = BadName::Collides(place.name.clone());
            return Ok(Committed::Refused(Refusal::Name(collides)));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    place.dir.rename(&place.temporary, &place.dir, &place.name).map(|()| Committed::Placed)
}

/// Whether what stands in the place has the same bytes.
fn same(file: &mut File, place: &Place) -> io::Result<bool> {
    // A symbolic link or a FIFO, or what may not be read: not known to be the same.
    let Ok(there) = place.open_file(&place.name) else { return Ok(false) };
    if there.metadata()?.len() != file.metadata()?.len() {
        return Ok(false);
    }
    file.rewind()?;
    let (mut a, mut b) =
        (io::BufReader::with_capacity(1 << 18, file), io::BufReader::with_capacity(1 << 18, there));
    loop {
        use io::BufRead as _;
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let length = left.len().min(right.len());
        if left.get(..length) != right.get(..length) {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        a.consume(length);
        b.consume(length);
    }
}
