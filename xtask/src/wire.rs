//! `cargo xtask wire`: writes `docs/wire.md`, every route and request as the library sends it.

use std::fmt::Write;

use anyhow::{Context as _, Result, bail};
use similar::TextDiff;
use tensorpool_core::catalog::{self, Entry};
use tensorpool_core::http::{HeaderMap, Request};
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Meta, Replay};

use crate::project::Project;

const PAGE: &str = "docs/wire.md";

/// Write docs/wire.md, the page of all routes and requests
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if the page is out of date
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    if args.check {
        return check(project);
    }
    project.sh().write_file(PAGE, page()?)?;
    println!("wrote {PAGE}: {} routes", catalog::all().len());
    Ok(())
}

/// Fails if the page is not what would be written.
pub(crate) fn check(project: &Project) -> Result<()> {
    let new = page()?;
    let path = project.root().join(PAGE);
    let old = if path.exists() { project.sh().read_file(path)? } else { String::new() };
    if old != new {
        let diff = TextDiff::from_lines(&old, &new);
        let diff = diff.unified_diff().header(PAGE, "what the catalogue says").to_string();
        for line in diff.lines().take(40) {
            println!("{line}");
        }
        bail!("{PAGE} is out of date; run `cargo xtask wire` and commit what it writes");
    }
    println!("{PAGE} is up to date: {} routes", catalog::all().len());
    Ok(())
}

fn page() -> Result<String> {
    let mut page = String::from(HEAD);
    for entry in catalog::all() {
        row(&mut page, entry.meta())?;
    }
    let context = Context::new(BaseUrl::default(), ApiToken::new("tp-placeholder")?);
    for entry in catalog::all() {
        section(&mut page, entry, &context).with_context(|| entry.meta().name)?;
    }
    Ok(page)
}

const HEAD: &str = "\
# The wire

Every REST route of the API, and the requests this library makes for it.

This page is generated: `cargo xtask wire` writes it from `tensorpool_core::catalog`, and `cargo xtask wire --check`
fails when it is out of date. Change the catalogue, not the page.

*Success* is the documented code; any other 2xx is read the same. *Replay* says what a second, identical request would
do, and so what may be sent again after a failure: a *safe* one changes nothing, an *idempotent* one has no further
effect, one that is *never* replayed would be a second cluster or a second bill. *Timeout* is the limit for one attempt.
*Contract* is the section of the project's description of the API that the facts are from.

All go to `https://engine.tensorpool.dev`. `<sensitive>` stands for a header that is marked as such, so that no log of a
well-behaved transport shows its value. Bodies are shown with line breaks and sorted keys; they are sent without.

| route | method | path | success | replay | timeout | contract |
|---|---|---|---|---|---|---|
";

fn row(page: &mut String, meta: &Meta) -> Result<()> {
    let Meta { name, method, path, success, contract, .. } = meta;
    let (anchor, replay, timeout) = (name.replace('.', ""), replay(meta), meta.timeout.limit().as_secs());
    writeln!(
        page,
        "| [`{name}`](#{anchor}) | {method} | `{path}` | {success} | {replay} | {timeout} s | {contract} |"
    )?;
    Ok(())
}

fn replay(meta: &Meta) -> &'static str {
    match meta.replay {
        Replay::Safe => "safe",
        Replay::Idempotent => "idempotent",
        Replay::Never => "never",
    }
}

fn section(page: &mut String, entry: &Entry, context: &Context) -> Result<()> {
    let meta = entry.meta();
    let Meta { name, method, path, success, contract, .. } = meta;
    writeln!(page, "\n## `{name}`\n\n`{method} {path}` answers {success}. Contract {contract}.")?;
    for (is, note) in [
        (!meta.authenticated, "It is sent without the token."),
        (meta.secret, "The answer holds secrets: no error shows any of its body."),
        (meta.empty_body, "An empty body is a proper answer."),
    ] {
        if is {
            writeln!(page, "{note}")?;
        }
    }
    for example in entry.examples() {
        let request = example.request(context)?;
        writeln!(page, "\n*{}*\n\n```http\n{}```", example.name(), text(&request)?)?;
    }
    Ok(())
}

/// The request as HTTP would write it, except that its body is laid out for people.
fn text(request: &Request<Bytes>) -> Result<String> {
    let target = request.uri().path_and_query().context("the request has no path")?;
    let mut text = format!("{} {target}\n{}", request.method(), headers(request.headers()));
    if !request.body().is_empty() {
        let body: serde_json::Value = serde_json::from_slice(request.body())?;
        writeln!(text, "\n{body:#}")?;
    }
    Ok(text)
}

fn headers(headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| match value.is_sensitive() {
            true => format!("{name}: <sensitive>\n"),
            false => format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())),
        })
        .collect();
    lines.sort_unstable();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use tensorpool_core::http::HeaderValue;

    use super::*;

    #[test]
    fn the_page_has_every_route_and_is_the_same_every_time() {
        let page = page().unwrap();
        assert_eq!(page, super::page().unwrap());
        for entry in catalog::all() {
            assert_eq!(page.matches(&format!("\n## `{}`\n", entry.meta().name)).count(), 1);
            assert_eq!(page.matches(&format!("| [`{}`]", entry.meta().name)).count(), 1);
        }
        let examples: usize = catalog::all().iter().map(|e| e.examples().len()).sum();
        assert_eq!(page.matches("```http\n").count(), examples);
        assert!(!page.contains("tp-placeholder"), "a token is on the page");
    }

    #[test]
    fn a_request_reads_as_http() {
        let create = catalog::find("cluster.create").unwrap();
        let context = Context::new(BaseUrl::default(), ApiToken::new("tp-placeholder").unwrap());
        let text = text(&create.examples().first().unwrap().request(&context).unwrap()).unwrap();
        assert!(
            text.starts_with("POST /cluster/create\naccept: application/json\nauthorization: <sensitive>\n"),
            "{text}"
        );
        assert!(
            text.ends_with("}\n") && text.contains("\n\n{\n  \"deletion_protection\": false,\n"),
            "{text}"
        );
    }

    #[test]
    fn only_the_mark_hides_a_header() {
        let mut map = HeaderMap::new();
        map.insert("authorization", HeaderValue::from_static("Bearer open"));
        assert_eq!(headers(&map), "authorization: Bearer open\n", "a missing mark must show up in the diff");
        map.get_mut("authorization").unwrap().set_sensitive(true);
        assert_eq!(headers(&map), "authorization: <sensitive>\n");
    }
}
