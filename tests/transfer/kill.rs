//! A process that is killed, at any moment, or that may not write any more.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::Duration;

use tensorpool_client::core::JobId;
use tensorpool_client::core::transfer::TransferPolicy;
use tensorpool_client::download::Download;
use tensorpool_tests::proof;

use crate::host::{bytes, scratch, tree};
use crate::sockets::{emulator, hyper, pull, runtime};

const SIZE: usize = 48 * 1024 * 1024;

/// Not a test by itself: what the tests below start as a process, and kill.
#[test]
fn child() {
    let Ok(args) = std::env::var("TRANSFER_TEST_CHILD") else { return };
    let [url, job, dir] = args.split('\n').collect::<Vec<_>>()[..] else { panic!("three arguments") };
    let report = runtime().block_on(pull(hyper(), url, &JobId::from(job), download(dir)));
    for file in &report.files {
        println!("FATE {}", file.fate);
    }
    assert!(report.is_complete(), "{report:?}");
}

fn download(dir: &str) -> Download {
    let mut policy = TransferPolicy::default();
    (policy.part, policy.record) = (2 * 1024 * 1024, 1024 * 1024);
    Download::into(dir).policy(policy)
}

fn command(url: &str, job: &JobId, dir: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kill::child", "--nocapture", "--test-threads=1"]);
    command.env("TRANSFER_TEST_CHILD", format!("{url}\n{job}\n{dir}"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_killed_process_leaves_no_file_under_its_name_and_the_next_goes_on() {
    let data = bytes(SIZE);
    let runtime = runtime();
    let (server, _emulator, job) =
        runtime.block_on(emulator(&[("model.bin", data.clone())], Duration::from_secs(3600)));
    let dir = scratch();
    let place = dir.path().join("model.bin");
    let (mut killed, mut resumed) = (0, 0);
    let wanted = proof::count(120, 1_000);
    for round in 0_u64.. {
        if killed >= wanted {
            break;
        }
        let mut runs = 0;
        loop {
            let mut child = command(&server.url(), &job, dir.path().to_str().unwrap()).spawn().unwrap();
            // From before anything is there to when all is there, on a machine of any speed.
            let patience = Duration::from_millis(2 + (round * 13 + runs * 7) % 60 + runs * 5);
            std::thread::sleep(patience);
            let _ = child.kill();
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                break;
            }
            killed += 1;
            runs += 1;
            assert!(runs < 200, "it never gets there: {}", String::from_utf8_lossy(&output.stdout));
            match std::fs::read(&place) {
                // Killed between naming the file and saying so.
                Ok(there) => {
                    assert!(there == data, "an incomplete file has the name");
                    break;
                }
                Err(_) => resumed += usize::from(tree(dir.path()).keys().any(|n| n.contains(".record"))),
            }
        }
        // Whatever was left is taken up or cleared by one more run, which finds the file there or makes it so.
        let last = command(&server.url(), &job, dir.path().to_str().unwrap()).output().unwrap();
        assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stdout));
        assert!(std::fs::read(&place).unwrap() == data, "round {round}");
        std::fs::remove_file(&place).unwrap();
    }
    assert!(resumed > 5, "{killed} were killed, {resumed} left something to go on with");
    proof::figure(
        "a killed download leaves no part under the file's name, and the next goes on",
        format!("{killed} kills, {resumed} left something to go on with, 0 wrong files"),
        "cargo test -p tensorpool-tests --test transfer kill",
    );
    let left = tree(dir.path());
    assert!(left.is_empty(), "{left:?}");
    runtime.block_on(server.shutdown());
}

#[test]
fn a_full_disk_is_a_typed_error_and_leaves_nothing_under_the_name() {
    let runtime = runtime();
    let files = [("big", bytes(3 * 1024 * 1024)), ("small", bytes(1000))];
    let (server, _emulator, job) = runtime.block_on(emulator(&files, Duration::from_secs(3600)));
    let dir = scratch();
    // A limit on the size of files: writing beyond it is an error like that of a full disk.
    let inner = command(&server.url(), &job, dir.path().to_str().unwrap());
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "sh"]);
    limited.arg(inner.get_program()).args(inner.get_args());
    limited.envs(inner.get_envs().map(|(name, value)| (name, value.unwrap())));
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the limit was felt: {said}");
    assert!(said.contains("FATE failed: the file cannot be written"), "{said} {errors}");
    assert!(said.contains("FATE complete, 1000 bytes"), "{said}");
    assert!(errors.contains("kind: NoSpace"), "{errors}");
    assert!(!dir.path().join("big").exists() && dir.path().join("small").exists());
    // With room again, it goes on.
    let output = command(&server.url(), &job, dir.path().to_str().unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(std::fs::read(dir.path().join("big")).unwrap() == files[0].1);
    assert_eq!(tree(dir.path()).len(), 2);
    proof::figure(
        "a full disk is a typed error, and with room again the download goes on",
        "1 limit felt, 0 files under a wrong name",
        "cargo test -p tensorpool-tests --test transfer full_disk",
    );
    runtime.block_on(server.shutdown());
}
