//! The whole way: push, follow, pull; while it runs, when it fails, when it is canceled.

use tensorpool_client::core::flow::Wait;
use tensorpool_client::core::job_config::JobConfig;
use tensorpool_client::core::model::JobStatus;
use tensorpool_client::core::session::ListenEvent;
use tensorpool_client::download::{Download, Pulled};
use tensorpool_client::folder::Folder;
use tensorpool_client::{BodyTransport, FromOptions, SocketTransport};

use crate::runner::{path, push, run};
use crate::world::World;

crate::on_each_adapter!(run_jobs: true,
    a_folder_goes_out_and_its_outputs_come_home,
    what_is_uploaded_is_what_was_planned,
    a_job_that_fails_says_so_and_its_outputs_come_home_too,
    a_live_job_is_pulled_with_a_judged_command_and_canceled,
);

/// Bytes that no text would survive.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

async fn a_folder_goes_out_and_its_outputs_come_home<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    let weights = noise(3_000_000);
    world.write("train.sh", "mkdir -p out/deep\necho epoch 1\ncat data/w.bin > 'out/deep/a b.bin'\nls -a > out/seen.txt\necho épreuve ✓\n");
    world.write("data/w.bin", &weights);
    world.write("scratch.tmp", "left out");
    let config = "commands = [\"sh train.sh\"]\noutputs = [\"out/\"]\nignore = [\"*.tmp\"]\n";
    let done = push(world, &world.project(), config, None, &path()).await;
    let job = done.outcome.unwrap();
    assert_eq!((done.ran.len(), done.refused.len()), (1, 0), "{:?} {:?}", done.ran, done.refused);

    let mut listen = world.client.jobs().listen(&job).unwrap();
    let mut lines = Vec::new();
    while let Some(event) = listen.next().await {
        if let ListenEvent::Line(line) = event {
            lines.push(line);
        }
    }
    let end = listen.outcome().unwrap();
    assert_eq!((end.status, end.exit_code), (JobStatus::Completed, Some(0)));
    assert_eq!(lines[..2], ["epoch 1", "épreuve ✓"]);

    let into = world.place("results");
    let Pulled::Files(files) = world.client.jobs().download(&job, Download::into(&into)).await.unwrap()
    else {
        panic!("the job has ended, so its outputs are files");
    };
    let report = files.done().await;
    assert!(report.is_complete(), "{report:?}");
    let tree = World::<T>::tree(&into);
    let names: Vec<_> = tree.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["out/deep/a b.bin", "out/seen.txt"]);
    assert!(tree[0].1 == weights, "the same bytes");
    let seen = String::from_utf8(tree[1].1.clone()).unwrap();
    assert!(seen.contains("train.sh") && !seen.contains("scratch.tmp"), "{seen}");
}

async fn a_job_that_fails_says_so_and_its_outputs_come_home_too<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    world.write("a.txt", "a");
    let config =
        "commands = [\"echo before > log.txt\", \"exit 3\", \"echo never\"]\noutputs = [\"log.txt\"]\n";
    let job = push(world, &world.project(), config, None, &path()).await.outcome.unwrap();
    let mut listen = world.client.jobs().listen(&job).unwrap();
    while listen.next().await.is_some() {}
    let end = listen.outcome().unwrap();
    assert_eq!((end.status, end.exit_code), (JobStatus::Error, Some(3)));

    let into = world.place("results");
    let Pulled::Files(files) = world.client.jobs().download(&job, Download::into(&into)).await.unwrap()
    else {
        panic!("the job has ended, so its outputs are files");
    };
    assert!(files.done().await.is_complete());
    assert_eq!(World::<T>::tree(&into), [("log.txt".to_owned(), b"before\n".to_vec())]);
}

async fn a_live_job_is_pulled_with_a_judged_command_and_canceled<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    world.write("a.txt", "a");
    let config = "commands = [\"mkdir out; echo half > out/part.txt; sleep 1000\"]\noutputs = [\"out/\"]\n";
    let job = push(world, &world.project(), config, None, &path()).await.outcome.unwrap();
    world.until(&job, "running").await;

    let into = world.place("live");
    std::fs::create_dir_all(&into).unwrap();
    let mut tree = Vec::new();
    // Its first command may not have written yet.
    for _ in 0..100 {
        let Pulled::Command(command) =
            world.client.jobs().download(&job, Download::into(&into)).await.unwrap()
        else {
            panic!("the job is live, so there is a command");
        };
        let result = run(command.judged().unwrap(), &into, None, &path());
        assert_eq!(result.exit_code(), 0, "{}: {}", command.text(), result.stderr());
        tree = World::<T>::tree(&into);
        if !tree.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(tree, [("out/part.txt".to_owned(), b"half\n".to_vec())]);

    let end = world.client.jobs().cancel_and_wait(&job, Wait::up_to_minutes(1)).await.unwrap();
    assert!(end.canceled);
    world.client.jobs().delete(&job).await.unwrap();
}

async fn what_is_uploaded_is_what_was_planned<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    for (name, bytes) in [
        (".gitignore", "*.ckpt\n/cache/\n!keep.ckpt\n"),
        (".git/config", "a secret"),
        ("train.py", "print(1)"),
        ("a b/c\nd.txt", "odd names too"),
        ("big.ckpt", "left out"),
        ("keep.ckpt", "kept"),
        ("cache/x", "left out"),
        ("logs/run.log", "left out by the configuration"),
    ] {
        world.write(name, bytes);
    }
    std::os::unix::fs::symlink("train.py", world.project().join("link.py")).unwrap();
    let config = "commands = [\"mkdir ../out; find . ! -type d -print0 | sort -z > ../out/list; mv ../out .\"]\noutputs = [\"out/list\"]\nignore = [\"*.log\"]\n";
    let plan = Folder::scan(world.project(), &JobConfig::parse(config).unwrap()).unwrap();
    let done = push(world, &world.project(), config, Some(plan.names()), &path()).await;
    let job = done.outcome.unwrap();
    let mut listen = world.client.jobs().listen(&job).unwrap();
    while listen.next().await.is_some() {}
    assert_eq!(listen.outcome().unwrap().exit_code, Some(0));

    let into = world.place("results");
    let Pulled::Files(files) = world.client.jobs().download(&job, Download::into(&into)).await.unwrap()
    else {
        panic!("the job has ended, so its outputs are files");
    };
    assert!(files.done().await.is_complete());
    let uploaded = std::fs::read(into.join("out/list")).unwrap();
    let uploaded: Vec<_> =
        uploaded.split(|b| *b == 0).filter(|n| !n.is_empty()).map(|n| n[2..].to_vec()).collect();
    let names = plan.names();
    let mut planned: Vec<_> =
        names.split(|b| *b == 0).filter(|n| !n.is_empty()).map(<[u8]>::to_vec).collect();
    planned.sort();
    let shown =
        |names: &[Vec<u8>]| names.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect::<Vec<_>>();
    assert_eq!(shown(&uploaded), shown(&planned));
    assert_eq!(planned.len(), 5, "{:?}", shown(&planned));
}
