//! Output: data on stdout in one of four forms, everything else on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: aligned, with a heading
    Table,
    /// One JSON document with everything the engine said
    Json,
    /// For line tools: fields separated by tabs, no heading
    Plain,
    /// Only the ids, one a line
    Id,
}

/// What a command has to show, in all its forms.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// Everything the engine said.
    pub(crate) json: Value,
    /// The columns of a list; none for a single thing, whose rows are names and values.
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) ids: Vec<String>,
    /// The engine's words, and what to do next: prose for stderr.
    pub(crate) note: Option<String>,
}

impl View {
    /// A single thing, known by `id`.
    pub(crate) fn one(json: Value, id: impl Into<String>) -> Self {
        Self { json, ids: vec![id.into()], ..Self::default() }
    }

    /// A list.
    pub(crate) fn list(json: Value, columns: &'static [&'static str]) -> Self {
        Self { json, columns, ..Self::default() }
    }

    /// A field of a single thing, left out if there is none.
    pub(crate) fn field(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value.map(|value| value.to_string()).filter(|value| !value.is_empty()) {
            self.rows.push(vec![name.to_owned(), value]);
        }
        self
    }

    /// One more row of a list.
    pub(crate) fn row(&mut self, id: &str, cells: Vec<String>) {
        self.ids.push(id.to_owned());
        self.rows.push(cells);
    }

    /// What to say beside it.
    pub(crate) fn note(mut self, note: Option<impl Into<String>>) -> Self {
        self.note = note.map(Into::into).filter(|note: &String| !note.trim().is_empty());
        self
    }
}

/// Where output goes and how it looks.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) format: Format,
    /// Whether stderr is a terminal that can be drawn on.
    pub(crate) lively: bool,
    /// Whether somebody can be asked.
    pub(crate) asks: bool,
}

impl Screen {
    pub(crate) fn new(format: Option<Format>) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let auto = if io::stdout().is_terminal() { Format::Table } else { Format::Plain };
        Self {
            format: format.unwrap_or(auto),
            lively: io::stderr().is_terminal() && !dumb,
            asks: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Prints the data of a command; its note goes to stderr.
    pub(crate) fn show(&self, view: &View) -> Result<(), Failure> {
        match self.format {
            Format::Json => return self.json(&view.json),
            Format::Id => print(&lines(view.ids.iter().map(|id| clean(id))))?,
            Format::Plain => {
                print(&lines(
                    view.rows
                        .iter()
                        .map(|row| row.iter().map(|cell| clean(cell)).collect::<Vec<_>>().join("\t")),
                ))?;
            }
            Format::Table => print(&table(view))?,
        }
        if let Some(note) = &view.note {
            self.say(note);
        }
        Ok(())
    }

    /// Prints one JSON document.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::failed(e.to_string()))?;
        print(&format!("{text}\n"))
    }

    /// A line of prose, on stderr.
    pub(crate) fn say(&self, text: &str) {
        // If nobody reads it, nobody misses it.
        let _ = writeln!(io::stderr(), "{}", clean_lines(text.trim_end()));
    }

    /// The line, or under JSON the object, that says why it failed.
    pub(crate) fn fail(&self, failure: &Failure) {
        if self.format == Format::Json {
            let _ = writeln!(io::stderr(), "{}", failure.json());
        } else {
            let _ = writeln!(io::stderr(), "error: {}", clean(&failure.to_string()));
        }
    }
}

fn table(view: &View) -> String {
    if view.rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !view.columns.is_empty() {
        table.set_header(view.columns.iter().copied());
    }
    for row in &view.rows {
        table.add_row(row.iter().map(|cell| clean(cell)));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    lines(table.lines().map(|line| line.trim_end().to_owned()))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |mut text, line| {
        text.push_str(&line);
        text.push('\n');
        text
    })
}

/// Writes to stdout. A reader that has gone away wants no more, and no complaint either.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(text.as_bytes())
}

/// As [`print`], byte for byte.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(Exit::Ok.code().into()),
        result => result.map_err(|error| Failure::io("stdout", &error)),
    }
}

/// What the engine says is text, not orders to the terminal: control characters are shown, not obeyed.
pub(crate) fn clean(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// `tp --version`.
pub(crate) fn version() -> ExitCode {
    match print(concat!("tp ", env!("CARGO_PKG_VERSION"), "\n")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What clap has to say: help on stdout, a mistake on stderr in the form that was asked for.
pub(crate) fn usage(refused: &clap::Error, args: &[std::ffi::OsString]) -> ExitCode {
    if !refused.use_stderr() {
        return match print(&refused.render().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let text = refused.render().to_string();
    if wants_json(args) {
        // The first paragraph says what is wrong, the others how it would be right.
        let wrong =
            text.trim().trim_start_matches("error: ").lines().take_while(|line| !line.trim().is_empty());
        let message = wrong.map(str::trim).collect::<Vec<_>>().join(" ");
        let failure = Failure::usage(message).hint("see --help");
        let _ = writeln!(io::stderr(), "{}", failure.json());
    } else {
        let _ = write!(io::stderr(), "{text}");
    }
    ExitCode::from(Exit::Usage.code())
}

/// Whether JSON was asked for on a command line that could not be read.
fn wants_json(args: &[std::ffi::OsString]) -> bool {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    args.iter().any(|arg| arg == "-ojson" || arg == "-o=json" || arg == "--output=json")
        || args
            .windows(2)
            .any(|pair| matches!(pair, [o, json] if (o == "-o" || o == "--output") && json == "json"))
}
