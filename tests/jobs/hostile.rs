//! A server that sends hostile commands: none is run, each is answered, and the push says that they failed.

use tensorpool_client::{BodyTransport, FromOptions, SocketTransport};
use tensorpool_emulator::{Fault, Mishap, Rule};

use crate::runner::push;
use crate::world::World;

crate::on_each_adapter!(hostile_commands_start_nothing);

/// One of each way in; the corpus of all ways is judged in `tests/command`.
const HOSTILE: &[&str] = &[
    "touch {proof}",
    "sh -c 'touch {proof}'",
    "rsync -a ./ u@h:/x; touch {proof}",
    "rsync -a ./ u@h:/x && touch {proof}",
    "rsync -a $(touch {proof}) ./ u@h:/x",
    "rsync -a `touch {proof}` ./ u@h:/x",
    "rsync -a ./ u@h:/x\ntouch {proof}",
    "rsync -a -e 'sh -c \"touch {proof}\"' ./ u@h:/x",
    "rsync -a --rsync-path='touch {proof}' ./ u@h:/x",
    "ssh -o ProxyCommand='touch {proof}' u@h",
    "ssh -o PermitLocalCommand=yes -o LocalCommand='touch {proof}' u@h",
    "env touch {proof}",
    "/usr/bin/touch {proof}",
    "rsync --write-batch={proof} ./ u@h:/x",
    "rsync --log-file={proof} ./ u@h:/x",
];

async fn hostile_commands_start_nothing<T>(world: &World<T>)
where
    T: FromOptions + BodyTransport + SocketTransport,
{
    world.write("a.txt", "a");
    let proof = world.place("proof");
    for hostile in HOSTILE {
        let command = hostile.replace("{proof}", proof.to_str().unwrap());
        let rule =
            world.emulator.script().add(Rule::on("job.push", Fault::socket(1, Mishap::command(&command))));
        let done = push(world, &world.project(), "commands = [\"true\"]\n").await;
        assert_eq!(rule.fired(), 1, "{hostile}");
        assert_eq!(done.refused.len(), 1, "{hostile}: {:?}", done.ran);
        let error = done.outcome.expect_err("a command failed, so the push did not succeed");
        assert!(
            error.to_string().contains("126") || error.to_string().contains("refused"),
            "{hostile}: {error}"
        );
        assert!(!proof.exists(), "{hostile}");
    }
}
