//! A server that sends hostile commands: the whole corpus goes through a push, and no program starts.

use std::os::unix::fs::PermissionsExt as _;

use tensorpool_client::{BodyTransport, FromOptions, SocketTransport};
use tensorpool_emulator::{Fault, Mishap, Rule};

#[allow(dead_code, reason = "the rules of a purpose are not needed here")]
#[path = "../command/support.rs"]
mod corpus;

use crate::runner::push;
use crate::world::World;

crate::on_each_adapter!(run_jobs: false, hostile_commands_start_nothing);

async fn hostile_commands_start_nothing<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    world.write("a.txt", "a");
    // Any program that a command could name writes down that it was started.
    let (programs, record) = (world.place("bin"), world.place("started"));
    std::fs::create_dir_all(&programs).unwrap();
    for name in ["rsync", "ssh", "sh", "bash", "env", "touch", "id", "curl", "scp", "mkdir", "python3"] {
        let file = programs.join(name);
        std::fs::write(&file, format!("#!/bin/sh\necho {name} \"$@\" >> {}\n", record.display())).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    let mut sent = 0;
    for line in corpus::lines("hostile").into_iter().filter(|line| line.words[1] == "push") {
        // An empty command asks for nothing (contract §9.1).
        if line.command.trim().is_empty() {
            continue;
        }
        let command = line.command.replace(corpus::DIR, world.project().to_str().unwrap());
        let mishap = Fault::socket(1, Mishap::command(&command));
        let rule = world.emulator.script().add(Rule::on("job.push", mishap));
        let done = push(world, &world.project(), "commands = [\"true\"]\n", None, programs.as_os_str()).await;
        assert_eq!(rule.fired(), 1, "{}", line.place);
        assert_eq!((done.ran.len(), done.refused.len()), (0, 1), "{}: {:?}", line.place, done.ran);
        let error = done.outcome.expect_err("a command failed, so the push did not succeed");
        assert!(error.to_string().contains("126"), "{}: {error}", line.place);
        sent += 1;
    }
    assert!(sent >= 200, "{sent} hostile commands");
    assert!(!record.exists(), "{}", std::fs::read_to_string(&record).unwrap());
    // The record is worth something: what passes the judge does start.
    let honest = Fault::socket(1, Mishap::command("rsync -az ./ u@203.0.113.5:/x"));
    world.emulator.script().add(Rule::on("job.push", honest));
    let done = push(world, &world.project(), "commands = [\"true\"]\n", None, programs.as_os_str()).await;
    assert_eq!((done.ran.len(), done.refused.len()), (1, 0));
    assert_eq!(std::fs::read_to_string(&record).unwrap(), "rsync -az ./ u@203.0.113.5:/x\n");
}
