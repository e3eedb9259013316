//! Two downloads into one directory at once do not get into each other's way.

use tensorpool_client::core::error::TransferErrorKind;
use tensorpool_client::core::transfer::Existing;
use tensorpool_client::download::Fate;

use crate::host::{Host, bytes, scratch, simple, store, tree};

const TAG: &str = "\"v1\"";

/// A whole file, or another download has it.
fn fair(fate: &Fate) -> bool {
    match fate {
        Fate::Complete { .. } | Fate::Skipped => true,
        Fate::Failed(error) => error.kind() == TransferErrorKind::InUse,
        _ => false,
    }
}

#[test]
fn one_of_two_at_the_same_time_fetches_a_file() {
    let dir = scratch();
    let host = Host::new(&["a", "b"], |_, request| {
        store(&bytes(100), TAG, request).trickle(7, std::time::Duration::from_secs(1))
    });
    let (one, two) = smol::block_on(async {
        let one = host.begin(simple(dir.path())).await;
        let two = host.begin(simple(dir.path())).await;
        smol::future::zip(one.done(), two.done()).await
    });
    for report in [&one, &two] {
        assert!(report.files.iter().all(|file| fair(&file.fate)), "{one:?} {two:?}");
    }
    let in_use = one.missing().count() + two.missing().count();
    assert!(in_use > 0, "they met: {one:?} {two:?}");
    assert_eq!(tree(dir.path()), [("a".to_owned(), 100), ("b".to_owned(), 100)].into_iter().collect());
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), bytes(100));
}

#[test]
fn threads_that_race_leave_whole_files() {
    let dir = scratch();
    let names = ["a", "b", "sub/c"];
    let data = bytes(5_000);
    let mut met = 0;
    for round in 0..150 {
        let existing = [Existing::Overwrite, Existing::SkipIfIdentical][round % 2];
        let reports: Vec<_> = std::thread::scope(|scope| {
            let run = || {
                let served = data.clone();
                let host = Host::new(&names, move |_, request| store(&served, TAG, request));
                host.run(tensorpool_client::download::Download::into(dir.path()).existing(existing))
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for file in reports.iter().flat_map(|report| &report.files) {
            assert!(fair(&file.fate), "{:?}: {}", file.name, file.fate);
            met += usize::from(!file.fate.is_good());
        }
        for name in names {
            // Whoever was first has it whole; that each was in use for each cannot be.
            assert!(std::fs::read(dir.path().join(name)).unwrap() == data, "{name} in round {round}");
            if existing == Existing::Overwrite {
                std::fs::remove_file(dir.path().join(name)).unwrap();
            }
        }
        let left: Vec<_> = tree(dir.path()).into_keys().filter(|name| name.contains("tp-part")).collect();
        assert!(left.is_empty(), "{left:?}");
        if round % 2 == 1 {
            names.iter().for_each(|name| std::fs::remove_file(dir.path().join(name)).unwrap());
        }
    }
    assert!(met > 0, "they met");
    tensorpool_tests::proof::figure(
        "downloads at once into one directory leave whole files",
        format!("450 in 150 races, {met} met another, 0 wrong files"),
        "cargo test -p tensorpool-tests --test transfer threads_that_race",
    );
}
