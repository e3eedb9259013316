//! A FIFO or a socket where a file should be: opening it must not wait for somebody who never comes.
#![cfg(unix)]

use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tensorpool_client::core::transfer::{Existing, Refusal, TransferPolicy};
use tensorpool_client::download::{Download, Fate, Report};

use crate::host::{Host, Step, bytes, scratch, simple, store, tree};

const TAG: &str = "\"v1\"";

fn fifo(place: &Path) {
    assert!(Command::new("mkfifo").arg(place).status().unwrap().success());
}

fn is_fifo(place: &Path) -> bool {
    place.symlink_metadata().unwrap().file_type().is_fifo()
}

/// Runs it on a thread that is given up when it hangs.
fn in_time(host: Host, download: Download) -> Report {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(host.run(download)));
    told.recv_timeout(Duration::from_secs(20)).expect("the download hangs")
}

#[test]
fn a_fifo_that_takes_the_name_under_way_is_not_waited_for() {
    for existing in [Existing::SkipIfIdentical, Existing::Refuse] {
        let dir = scratch();
        let place = dir.path().join("a");
        let appears = place.clone();
        let host = Host::new(&["a"], move |_, request| {
            fifo(&appears);
            store(&bytes(30), TAG, request)
        });
        let report = in_time(host, simple(dir.path()).existing(existing));
        assert!(
            matches!(report.files[0].fate, Fate::Refused(Refusal::Differs | Refusal::Exists)),
            "{report:?}"
        );
        assert!(is_fifo(&place), "it is left alone");
        assert_eq!(tree(dir.path()).len(), 1);
    }
}

#[test]
fn a_fifo_swapped_for_the_file_that_is_compared_is_not_waited_for() {
    let dir = scratch();
    let (place, parked, file) = (dir.path().join("a"), dir.path().join("fifo"), dir.path().join("file"));
    fifo(&parked);
    std::fs::write(&place, bytes(30)).unwrap();
    std::fs::write(&file, bytes(30)).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let (stop, place) = (Arc::clone(&stop), place.clone());
        move || {
            while !stop.load(Ordering::SeqCst) {
                for one in [&parked, &file] {
                    // At every moment the name is one of them: a second name takes its place.
                    let next = one.with_extension("next");
                    std::fs::hard_link(one, &next).unwrap();
                    std::fs::rename(&next, &place).unwrap();
                    // Of two names of one file, renaming leaves both.
                    let _ = std::fs::remove_file(&next);
                }
            }
        }
    });
    let (mut good, mut refused) = (0, 0);
    for _ in 0..1_000 {
        let host = Host::new(&["a"], |_, request| store(&bytes(30), TAG, request));
        let report = in_time(host, simple(dir.path()));
        match &report.files[0].fate {
            Fate::Skipped => good += 1,
            Fate::Refused(Refusal::Differs | Refusal::Exists) => refused += 1,
            other => panic!("{other}"),
        }
    }
    stop.store(true, Ordering::SeqCst);
    swapper.join().unwrap();
    assert!(good > 0 && refused > 0, "the swaps were felt: {good} good and {refused} refused");
}

#[test]
fn a_fifo_in_place_of_a_record_is_none() {
    let dir = scratch();
    leave_a_part(dir.path());
    let record = part(dir.path(), true);
    std::fs::remove_file(&record).unwrap();
    fifo(&record);
    let report =
        in_time(Host::new(&["a"], |_, request| store(&bytes(100), TAG, request)), simple(dir.path()));
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), bytes(100));
    assert_eq!(tree(dir.path()).len(), 1);
}

#[test]
fn what_is_no_file_in_place_of_the_temporary_one_is_an_error() {
    for plant in [fifo, |place: &Path| drop(UnixListener::bind(place).unwrap())] {
        let dir = scratch();
        leave_a_part(dir.path());
        let temporary = part(dir.path(), false);
        std::fs::remove_file(&temporary).unwrap();
        plant(&temporary);
        let host = Host::new(&["a"], |_, request| store(&bytes(100), TAG, request));
        let report = in_time(host, simple(dir.path()));
        assert!(matches!(report.files[0].fate, Fate::Failed(_)), "{report:?}");
        assert!(!dir.path().join("a").exists());
    }
}

#[test]
fn a_fifo_in_place_of_a_directory_is_an_error() {
    let dir = scratch();
    fifo(&dir.path().join("d"));
    let host = Host::new(&["d/a", "fine"], |_, request| store(&bytes(30), TAG, request));
    let report = in_time(host, simple(dir.path()).existing(Existing::Overwrite));
    assert!(matches!(report.files[0].fate, Fate::Failed(_)) && report.files[1].fate.is_good(), "{report:?}");
}

/// 20 bytes of a file, and their record.
fn leave_a_part(dir: &Path) {
    let host = Host::new(&["a"], |_, request| store(&bytes(100), TAG, request).cut(20, Some(Step::Stall)));
    let mut policy = TransferPolicy::default();
    policy.record = 1;
    drop(host.run_to_stall(Download::into(dir).policy(policy)));
}

/// The record or the temporary file of the only file there.
fn part(dir: &Path, record: bool) -> std::path::PathBuf {
    let names: Vec<_> = tree(dir).into_keys().filter(|name| name.contains(".record.") == record).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    dir.join(&names[0])
}
