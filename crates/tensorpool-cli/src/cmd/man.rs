//! `tp man`

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man as Page;
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{self, Format, View};

/// `tp man [COMMAND…]`, or `tp man --dir DIR`
#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The command the page is about, such as `cluster create`; that of `tp` itself unless given
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
    /// Write every page, one a command, into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "words")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let mut root = crate::command();
        root.build();
        match &self.dir {
            Some(dir) => write_all(app, &root, dir),
            None => self.print(app, &root),
        }
    }

    fn print(&self, app: &App, root: &Command) -> Result<(), Failure> {
        let mut at = root;
        for word in &self.words {
            at = at.find_subcommand(word).ok_or_else(|| {
                Failure::usage(format!("there is no command {}", self.words.join(" "))).hint("see --help")
            })?;
        }
        let page = page(at)?;
        if app.screen.format == Format::Json {
            let text = String::from_utf8_lossy(&page);
            return app.screen.json(&json!({ "page": name(at), "text": text }));
        }
        output::write(&page)
    }
}

fn write_all(app: &App, root: &Command, dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|error| Failure::io(dir.display(), &error))?;
    let mut names = Vec::new();
    let mut left = vec![root];
    while let Some(command) = left.pop() {
        let name = name(command);
        let path = dir.join(&name);
        fs::write(&path, page(command)?).map_err(|error| Failure::io(path.display(), &error))?;
        names.push(name);
        left.extend(command.get_subcommands().filter(|sub| !sub.is_hide_set()));
    }
    names.sort();
    let mut view = View::list(json!({ "pages": names }), &["PAGE"]);
    for name in &names {
        view.row(name, vec![name.clone()]);
    }
    app.screen.show(&view)
}

fn name(command: &Command) -> String {
    format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name()))
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    Page::new(command.clone()).render(&mut text).map_err(|error| Failure::io("page", &error))?;
    Ok(text)
}
