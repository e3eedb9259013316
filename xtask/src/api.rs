//! `cargo xtask api`: the public API of every published crate as a text file, so that no change of it goes unseen.

mod doc;
mod foreign;

use anyhow::{Context, Result, bail};
use similar::TextDiff;

use crate::project::Project;
use doc::Doc;

const PAGES: &str = "docs/api";

/// Show what changed in the public API, and whether a foreign type has got into it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Write nothing; fail if docs/api is out of date or a signature names a foreign type. The default
    Check,
    /// Write docs/api
    Accept,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    match args.action {
        None | Some(Action::Check) => check(project),
        Some(Action::Accept) => accept(project),
    }
}

/// Whether this compiler's rustdoc writes a format that can be read here.
pub(crate) fn readable(project: &Project) -> Result<bool> {
    doc::readable(project)
}

/// Fails if a page is not what would be written, or a foreign type is in a signature.
pub(crate) fn check(project: &Project) -> Result<()> {
    let docs = doc::all(project)?;
    let mut changed = Vec::new();
    for doc in &docs {
        let (page, new) = (page(doc), text(doc)?);
        let path = project.root().join(&page);
        let old = if path.exists() { project.sh().read_file(path)? } else { String::new() };
        if old != new {
            let diff = TextDiff::from_lines(&old, &new);
            println!("{}", diff.unified_diff().context_radius(0).header(&page, "what the code says"));
            changed.push(page);
        }
    }
    let named = foreign_types(&docs)?;
    if !changed.is_empty() {
        bail!(
            "the public API changed: {}; if that is meant, run `cargo xtask api accept`, commit what it writes, and say it in \
             the crate's CHANGELOG.md",
            changed.join(", ")
        );
    }
    println!("{} pages in {PAGES} are up to date, {named} foreign types are allowed ones", docs.len());
    Ok(())
}

fn accept(project: &Project) -> Result<()> {
    let docs = doc::all(project)?;
    for doc in &docs {
        project.sh().write_file(page(doc), text(doc)?)?;
    }
    println!("wrote {} pages in {PAGES}", docs.len());
    foreign_types(&docs).map(|_| ())
}

fn page(doc: &Doc) -> String {
    format!("{PAGES}/{}.txt", doc.package)
}

fn text(doc: &Doc) -> Result<String> {
    let api = public_api::Builder::from_rustdoc_json(&doc.path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .with_context(|| format!("cannot read the documentation of {}", doc.package))?;
    Ok(api.to_string())
}

/// How many foreign types the signatures name; fails if one is not on the list.
fn foreign_types(docs: &[Doc]) -> Result<usize> {
    let mut named = 0;
    let mut breaches = Vec::new();
    for doc in docs {
        let found = foreign::types(&doc.json)?;
        named += found.len();
        breaches.extend(
            found
                .into_iter()
                .filter(|(krate, _)| !foreign::allowed(&doc.package, krate))
                .map(|(_, breach)| format!("{}: {breach}", doc.package)),
        );
    }
    if !breaches.is_empty() {
        bail!("foreign types in public signatures:\n{}", breaches.join("\n"));
    }
    Ok(named)
}
