//! Cut anywhere, gone on with: the same bytes, and never an incomplete file under its name.

use std::sync::{Arc, Mutex};

use tensorpool_client::core::transfer::{Existing, TransferPolicy};
use tensorpool_client::download::Download;

use crate::host::{Answer, Host, Step, bytes, scratch, store, tree};

const SIZE: usize = 64 * 1024;
const TAG: &str = "\"v1\"";

/// Watches the name at every request: until the file is whole it must not be there.
fn absent(place: &std::path::Path) {
    assert!(!place.exists(), "the name exists before the file is whole");
}

#[test]
fn a_cut_at_every_byte_is_gone_on_with() {
    let dir = scratch();
    let place = dir.path().join("a");
    let data = bytes(SIZE);
    // What happens at the cut: the connection is reset, or closed as if that were all.
    let cut_at = Arc::new(Mutex::new((0_usize, false)));
    let (served, at, watched) = (data.clone(), Arc::clone(&cut_at), place.clone());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ranges);
    let host = Host::new(&["a"], move |number, request| {
        absent(&watched);
        let range = request.headers().get("range").map(|r| r.to_str().unwrap().to_owned());
        seen.lock().unwrap().push(range.unwrap_or_default());
        let (at, reset) = *at.lock().unwrap();
        let answer = store(&served, TAG, request);
        if number % 2 == 0 { answer.cut(at, reset.then_some(Step::Reset)) } else { answer }
    });
    let client = host.client();
    for cut in 0..SIZE {
        *cut_at.lock().unwrap() = (cut, cut % 2 == 0);
        let report = smol::block_on(async {
            let download = Download::into(dir.path()).existing(Existing::Overwrite);
            match client.jobs().download("j-1", download).await.unwrap() {
                tensorpool_client::download::Pulled::Files(files) => files.done().await,
                _ => panic!("files"),
            }
        });
        assert!(report.is_complete(), "cut at {cut}: {report:?}");
        assert!(std::fs::read(&place).unwrap() == data, "cut at {cut}");
        let ranges = std::mem::take(&mut *ranges.lock().unwrap());
        assert_eq!(ranges.len(), 2, "cut at {cut}: the cut happened");
        assert_eq!(ranges[1], format!("bytes={cut}-{}", SIZE - 1), "not a byte is fetched twice");
        std::fs::remove_file(&place).unwrap();
    }
    assert!(tree(dir.path()).is_empty(), "nothing else is left");
}

#[test]
fn another_run_goes_on_where_a_killed_one_was() {
    let dir = scratch();
    let place = dir.path().join("run/a.bin");
    let size = 200_000;
    let data = bytes(size);
    let (mut resumed, mut refetched) = (0, 0);
    for cut in (0..size).step_by(1_777) {
        let sent = Arc::new(Mutex::new(0_usize));
        // The first run gets this far and hangs; then it is gone without a word, as after SIGKILL.
        let first = host(&data, &place, Some(cut), &sent);
        std::mem::forget(first.run_to_stall(small(dir.path())));
        // The lock of a killed process is gone with it: here it is not, so the file is moved under another inode.
        unlock(dir.path());
        absent(&place);
        let had = *sent.lock().unwrap();
        *sent.lock().unwrap() = 0;
        let second = host(&data, &place, None, &sent);
        let report = second.run(small(dir.path()));
        assert!(report.is_complete(), "cut at {cut}: {report:?}");
        assert!(std::fs::read(&place).unwrap() == data, "cut at {cut}");
        let again = *sent.lock().unwrap() + had - size;
        resumed += usize::from(*sent.lock().unwrap() < size);
        refetched = refetched.max(again);
        std::fs::remove_dir_all(dir.path().join("run")).unwrap();
    }
    assert!(resumed > 80, "{resumed} runs went on with what was there");
    // What is recorded lags by no more than a record, and the piece that was in memory.
    assert!(refetched <= 3 * 10_000, "{refetched} bytes were fetched again");
}

fn small(dir: &std::path::Path) -> Download {
    let mut policy = TransferPolicy::default();
    (policy.part, policy.record, policy.lanes) = (50_000, 10_000, 1);
    Download::into(dir).policy(policy)
}

fn host(
    data: &tensorpool_client::core::Bytes,
    place: &std::path::Path,
    hang_at: Option<usize>,
    sent: &Arc<Mutex<usize>>,
) -> Host {
    let (data, place, sent) = (data.clone(), place.to_owned(), Arc::clone(sent));
    Host::new(&["run/a.bin"], move |_, request| {
        absent(&place);
        let answer = store(&data, TAG, request);
        let Some(Step::Bytes(body)) = answer.body.first() else { return answer };
        let left = hang_at.map_or(usize::MAX, |at| at - *sent.lock().unwrap());
        let given = body.len().min(left);
        *sent.lock().unwrap() += given;
        let hangs = given < body.len();
        let mut answer = pieces(answer.cut(given, None));
        if hangs {
            answer.body.push(Step::Stall);
        }
        answer
    })
}

/// In pieces of a size that nothing else is a multiple of.
fn pieces(mut answer: Answer) -> Answer {
    let Some(Step::Bytes(whole)) = answer.body.pop() else { panic!("it has a body") };
    answer.body.extend(whole.chunks(3_333).map(|piece| Step::Bytes(whole.slice_ref(piece))));
    answer
}

/// Copies what is there to new files, which nobody has locked.
fn unlock(dir: &std::path::Path) {
    for name in tree(dir).into_keys() {
        let path = dir.join(name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_partial_of_a_file_that_changed_since_is_not_used() {
    let dir = scratch();
    let place = dir.path().join("run/a.bin");
    let sent = Arc::new(Mutex::new(0));
    let old = bytes(200_000);
    let first = host(&old, &place, Some(120_000), &sent);
    drop(first.run_to_stall(small(dir.path())));
    assert_eq!(tree(dir.path()).len(), 2, "the part and its record are kept");

    let new = tensorpool_client::core::Bytes::from(vec![9; 150_000]);
    let served = new.clone();
    let second = Host::new(&["run/a.bin"], move |_, request| store(&served, "\"v2\"", request));
    let report = second.run(small(dir.path()));
    assert!(report.is_complete(), "{report:?}");
    assert!(std::fs::read(&place).unwrap() == new);
    assert_eq!(tree(dir.path()).len(), 1);
}

#[test]
fn a_partial_that_is_all_there_is_only_confirmed() {
    let dir = scratch();
    let data = bytes(1000);
    let served = data.clone();
    let first = Host::new(&["a"], move |_, request| store(&served, TAG, request).cut(999, Some(Step::Stall)));
    let mut policy = TransferPolicy::default();
    policy.record = 1;
    let download = || Download::into(dir.path()).policy(policy.clone());
    drop(first.run_to_stall(download()));
    // As if the process had died between the last byte and the name.
    let name = |end: &str| tree(dir.path()).into_keys().find(|n| n.ends_with(end)).unwrap();
    let record = dir.path().join(name(".record.tp-part"));
    let part = dir.path().join(tree(dir.path()).into_keys().find(|n| !n.contains(".record")).unwrap());
    std::fs::write(&part, &data).unwrap();
    let text = std::fs::read_to_string(&record).unwrap() + "0-1000\n";
    std::fs::write(&record, text).unwrap();

    let served = data.clone();
    let second = Host::new(&["a"], move |_, request| {
        assert_eq!(request.headers()["range"], "bytes=999-999");
        assert_eq!(request.headers()["if-range"], TAG);
        store(&served, TAG, request)
    });
    assert!(second.run(download()).is_complete());
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), data);
    assert_eq!(second.requests(), 1);
}

#[test]
fn a_finished_file_that_still_has_its_temporary_name_is_not_written_to() {
    // Which name that is, a first run shows.
    let dir = scratch();
    let place = dir.path().join("a");
    let (watched, old) = (dir.path().to_owned(), bytes(1000));
    let name = Arc::new(Mutex::new(String::new()));
    let (seen, served) = (Arc::clone(&name), old.clone());
    let first = Host::new(&["a"], move |number, request| {
        if number == 1 {
            *seen.lock().unwrap() = tree(&watched).into_keys().next().unwrap();
        }
        store(&served, TAG, request)
    });
    assert!(first.run(crate::host::simple(dir.path())).is_complete());
    // As if the process had died between giving it one name and taking the other.
    std::fs::hard_link(&place, dir.path().join(&*name.lock().unwrap())).unwrap();
    let second =
        Host::new(&["a"], |_, request| store(&bytes(1500), "\"v2\"", request).cut(20, Some(Step::Stall)));
    let overwrite = crate::host::simple(dir.path()).existing(Existing::Overwrite);
    drop(second.run_to_stall(overwrite));
    assert!(std::fs::read(&place).unwrap() == old, "the finished file is as it was");
    assert_eq!(tree(dir.path()).len(), 1);
}
