//! The help of every command, a snapshot for each first word.

use clap::Command;

/// The help of a command and of all below it.
fn pages(command: &mut Command, pages: &mut String) {
    let help = command.render_long_help();
    pages.push_str(&format!("$ {} --help\n{help}\n", command.get_bin_name().unwrap()));
    for below in command.get_subcommands_mut() {
        self::pages(below, pages);
    }
}

#[test]
fn every_command_says_what_it_takes_and_how_it_ends() {
    // As wide as what is read in a pull request, whatever the terminal of who runs this.
    let mut root = tensorpool_cli::command().term_width(100);
    root.build();
    assert_printed!("help", root.render_long_help().to_string());
    let mut groups = 0;
    for group in root.get_subcommands_mut() {
        let mut text = String::new();
        pages(group, &mut text);
        assert_printed!(format!("help_{}", group.get_name()), text);
        groups += 1;
    }
    assert!(groups >= 16, "only {groups} first words were found");
}
