//! Symbolic links below the directory, planted before or swapped under way, lead no write outside.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tensorpool_client::core::error::TransferErrorKind;
use tensorpool_client::core::transfer::Existing;
use tensorpool_client::download::{Download, Fate};
use tensorpool_tests::proof;

use crate::host::{Host, bytes, scratch, store, tree};

const TAG: &str = "\"v1\"";

#[test]
fn links_that_are_there_are_not_followed() {
    for existing in [Existing::Overwrite, Existing::SkipIfIdentical, Existing::Refuse] {
        let parent = scratch();
        let (inside, outside) = (parent.path().join("inside"), parent.path().join("outside"));
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(outside.join("secret"), "untouched").unwrap();
        symlink(&outside, inside.join("absolute")).unwrap();
        symlink("../outside", inside.join("relative")).unwrap();
        symlink("../outside/secret", inside.join("file")).unwrap();
        symlink("../outside/new", inside.join("dangling")).unwrap();
        let names = ["absolute/x", "relative/x", "file", "dangling", "fine", "sub/fine"];
        let host = Host::new(&names, |_, request| store(&bytes(9), TAG, request));
        let report = host.run(Download::into(&inside).existing(existing));
        let good: Vec<&str> = report.files.iter().filter(|f| f.fate.is_good()).map(|f| &*f.name).collect();
        // A link itself may be replaced, never what it leads to.
        let expected: &[&str] = match existing {
            Existing::Overwrite => &["dangling", "file", "fine", "sub/fine"],
            _ => &["fine", "sub/fine"],
        };
        assert_eq!(good, expected, "{report:?}");
        assert_eq!(tree(&outside), [("secret".to_owned(), 9)].into_iter().collect());
        assert_eq!(std::fs::read_to_string(outside.join("secret")).unwrap(), "untouched");
    }
}

#[test]
fn a_link_in_place_of_the_temporary_file_is_not_followed() {
    let parent = scratch();
    let (inside, outside) = (parent.path().join("inside"), parent.path().join("outside"));
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("secret"), "untouched").unwrap();
    // Which name the temporary file has is seen in a first run.
    let watched = inside.clone();
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let name = Arc::clone(&seen);
    let host = Host::new(&["a"], move |number, request| {
        if number == 1 {
            *name.lock().unwrap() = tree(&watched).into_keys().next().unwrap();
        }
        store(&bytes(90), TAG, request)
    });
    assert!(host.run(crate::host::simple(&inside)).is_complete());
    std::fs::remove_file(inside.join("a")).unwrap();
    for target in ["../outside/secret", "../outside/new"] {
        symlink(target, inside.join(&*seen.lock().unwrap())).unwrap();
        let report = host.run(crate::host::simple(&inside));
        assert!(!report.is_complete(), "{report:?}");
        std::fs::remove_file(inside.join(&*seen.lock().unwrap())).unwrap();
    }
    assert_eq!(tree(&outside), [("secret".to_owned(), 9)].into_iter().collect());
    assert_eq!(std::fs::read_to_string(outside.join("secret")).unwrap(), "untouched");
}

#[test]
fn links_swapped_under_way_lead_nowhere() {
    let parent = scratch();
    let (inside, outside) = (parent.path().join("inside"), parent.path().join("outside"));
    std::fs::create_dir_all(inside.join("d/e")).unwrap();
    std::fs::create_dir_all(outside.join("e")).unwrap();
    let (swaps, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let swapper = std::thread::spawn({
        let (swaps, stop, inside, outside) = (swaps.clone(), stop.clone(), inside.clone(), outside.clone());
        move || {
            while !stop.load(Ordering::SeqCst) {
                // The directory goes away, a link takes its place, and back.
                let _ = std::fs::rename(inside.join("d"), parent_of(&inside).join("parked"));
                let _ = symlink(&outside, inside.join("d"));
                std::thread::yield_now();
                let _ = std::fs::remove_file(inside.join("d"));
                let _ = std::fs::rename(parent_of(&inside).join("parked"), inside.join("d"));
                // The same one below.
                let _ = std::fs::rename(inside.join("d/e"), inside.join("d/parked"));
                let _ = symlink("../../outside/e", inside.join("d/e"));
                std::thread::yield_now();
                let _ = std::fs::remove_file(inside.join("d/e"));
                let _ = std::fs::rename(inside.join("d/parked"), inside.join("d/e"));
                swaps.fetch_add(2, Ordering::SeqCst);
            }
        }
    });
    let (mut good, mut failed, mut runs) = (0, 0, 0);
    let wanted = proof::count(10_000, 100_000);
    while swaps.load(Ordering::SeqCst) < wanted || runs < 300 {
        let names = ["d/a", "d/e/b", "d/e/f/c", "fine"];
        let host = Host::new(&names, |_, request| store(&bytes(90), TAG, request));
        let report = host.run(crate::host::simple(&inside).existing(Existing::Overwrite));
        assert!(report.files[3].fate.is_good(), "the harmless one arrives each time: {report:?}");
        good += report.files.iter().filter(|f| f.fate.is_good()).count();
        failed += report.missing().count();
        runs += 1;
        let written: Vec<_> = tree(&outside).into_keys().collect();
        assert!(written.is_empty(), "written outside: {written:?}");
    }
    stop.store(true, Ordering::SeqCst);
    swapper.join().unwrap();
    assert!(good > runs && failed > 0, "the swaps were felt: {good} good and {failed} failed in {runs} runs");
    proof::figure(
        "links swapped under way lead no write outside",
        format!("{} swaps, {failed} felt, 0 writes outside", swaps.load(Ordering::SeqCst)),
        "cargo test -p tensorpool-tests --test transfer links_swapped",
    );
}

fn parent_of(path: &std::path::Path) -> &std::path::Path {
    path.parent().unwrap()
}

#[test]
fn a_directory_that_may_not_be_written_is_a_typed_error() {
    // Nobody may make files here, not even root.
    let host = Host::new(&["a"], |_, request| store(&bytes(9), TAG, request));
    if cfg!(target_os = "linux") {
        let report = host.run(Download::into("/sys"));
        match &report.files[0].fate {
            Fate::Failed(error) => assert_eq!(error.kind(), TransferErrorKind::Denied, "{error}"),
            other => panic!("{other}"),
        }
        proof::figure(
            "a directory that may not be written is a typed error, for root too",
            "Denied, 0 files",
            "cargo test -p tensorpool-tests --test transfer may_not_be_written",
        );
    }
    let file = scratch();
    let blocked = file.path().join("a file");
    std::fs::write(&blocked, "").unwrap();
    let begun = smol::block_on(host.client().jobs().download("j-1", Download::into(&blocked)));
    let error = begun.unwrap_err();
    assert!(
        matches!(&error, tensorpool_client::core::Error::Transfer(e) if e.kind() == TransferErrorKind::Blocked),
        "{error}"
    );
}
