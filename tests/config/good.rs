//! Configurations that can be used: what they say, what is odd about them, and what a push would do.

use std::fmt::Write as _;

use insta::assert_snapshot;
use tensorpool_core::job_config::{ConfigValue, JobConfig};

/// A configuration with all it says.
fn told(text: &str) -> String {
    let config = JobConfig::parse(text).unwrap_or_else(|e| panic!("{}", e.report()));
    let mut out = format!("{}\n---- as TOML\n{}", config.explain(), config.to_toml());
    for warning in config.warnings() {
        let _ = write!(out, "---- {warning}\n{}", warning.report("job.tp.toml"));
    }
    assert_eq!(JobConfig::parse(&config.to_toml()).unwrap(), config, "{}", config.to_toml());
    out
}

#[test]
fn the_least_is_one_command() {
    assert_snapshot!("good_least", told("commands = [\"python train.py\"]"));
}

#[test]
fn the_documented_three_keys() {
    assert_snapshot!(
        "good_documented",
        told(
            r#"
# how it is documented
commands = [
    "pip install -r requirements.txt",
    'python -c "print(1)"',
    """
torchrun --nproc-per-node 8 \
    train.py""",
]
outputs = ["checkpoints/", "*.log", "model[0-9].pt", "metrics.json"]
ignore = [".venv/", "data/**/*.parquet", "wandb"]
"#
        )
    );
}

#[test]
fn what_is_obsolete_is_named_with_what_replaced_it() {
    assert_snapshot!(
        "good_obsolete",
        told(
            "instance_type = \"8xH100\"\ncommands = [\"a\"]\noptimization_priority = \"TIME\"\ngpu = \"T4\"\ngpu_count = 1\n\
             vcpus = 4\nmemory = 16\n[job]\nname = \"x\"\n[output]\nfiles = [\"y\"]\n"
        )
    );
}

#[test]
fn what_is_unknown_is_kept_and_guessed() {
    assert_snapshot!(
        "good_unknown",
        told(
            "commands = [\"a\"]\nouptuts = [\"out/\"]\nexclude = [\"*.pt\"]\ncomands = []\njob = \"a name\"\n\
             name = \"eval\"\n\"with space\" = 1\n\"\\u001b[31m\" = 2\nmax_hours = 1.5\nspot = true\n\
             start = 2026-05-01T10:00:00Z\n[env]\nSEED = \"1\"\ndeep.er = [1, { a = [] }]\n[[mounts]]\nat = \"/data\"\n"
        )
    );
}

#[test]
fn a_path_that_probably_means_something_else_is_a_warning() {
    assert_snapshot!(
        "good_odd_paths",
        told(
            "commands = [\"a\"]\noutputs = ['out\\x', 'kept\\*', \" out\"]\nignore = [\"/data\", \"../x\", \"~/x\", 'C:\\x', \"!keep\", \
             'a\\b', \"x \", '\\!x']\n"
        )
    );
}

#[test]
fn what_only_a_newer_toml_knows_is_warned_of() {
    let new = r#"commands = ["echo \e[1m", "a \\e \\x41", 'b \e', "\x41", """
\x41"""]"#;
    let warnings = JobConfig::parse(new).unwrap();
    let keys: Vec<_> = warnings.warnings().iter().filter_map(|warning| warning.key_path()).collect();
    assert_eq!(keys, ["commands[0]", "commands[3]", "commands[4]"]);
    assert_eq!(JobConfig::parse(&warnings.to_toml()).unwrap().warnings(), [], "it is written as TOML 1.0");
}

#[test]
fn unknown_values_are_kept_as_they_are() {
    let text = "commands = [\"a\"]\nhex = 0xff\nsmall = -9223372036854775808\nfloat = 1e3\nnone = -inf\ntime = 07:32:00\n";
    let extra = JobConfig::parse(text).unwrap().extra;
    assert_eq!(extra["hex"], ConfigValue::Integer(255));
    assert_eq!(extra["small"], ConfigValue::Integer(i64::MIN));
    assert_eq!(extra["float"], ConfigValue::Float(1000.0));
    assert_eq!(extra["none"], ConfigValue::Float(f64::NEG_INFINITY));
    assert_eq!(extra["time"], ConfigValue::Datetime("07:32:00".to_owned()));
}

#[test]
fn two_that_say_the_same_are_equal_however_they_are_laid_out() {
    let one = JobConfig::parse("commands = ['a']\nx = 1").unwrap();
    let other = JobConfig::parse("# \u{feff}\nx = 0x1\ncommands = [\n  \"\\u0061\", # here\n]\n").unwrap();
    assert_eq!(one, other);
    assert_ne!(one, JobConfig::new(["a"]));
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    assert_eq!(JobConfig::parse("\u{feff}commands = [\"a\"]").unwrap(), JobConfig::new(["a"]));
}

#[test]
fn a_template_explains_itself_and_is_what_it_was_made_of() {
    let mut config = JobConfig::new(["pip install -r requirements.txt", "python train.py"]);
    let bare = config.template();
    assert_eq!(JobConfig::parse(&bare).unwrap(), config);
    config.outputs = vec!["checkpoints/".to_owned()];
    config.ignore = vec!["data/".to_owned()];
    config.extra.insert("seed".to_owned(), ConfigValue::Integer(7));
    let full = config.template();
    assert_eq!(JobConfig::parse(&full).unwrap(), config);
    assert_snapshot!("good_templates", format!("{bare}----\n{full}"));
}

#[test]
fn a_template_without_commands_is_refused_until_it_has_some() {
    let error = JobConfig::parse(&JobConfig::new([""; 0]).template()).unwrap_err();
    assert!(error.to_string().contains("`commands` is empty"), "{error}");
}
