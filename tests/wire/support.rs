//! What the modules share: a context, errors as text, snapshots.

use std::fmt::Write as _;
use std::path::PathBuf;

use tensorpool_core::error::Error;
use tensorpool_core::http::{Request, Response, StatusCode};
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, catalog};

/// The token of these tests: nothing that is shown or written may hold it.
pub(crate) const TOKEN: &str = "tp-canary-5e1f";

/// The word in every secret of the fixtures.
pub(crate) const SECRET: &str = "opensesame";

/// The longest error that may be shown: words of the server, a path, and what to do next.
const LONGEST: usize = 900;

pub(crate) fn context() -> Context {
    Context::new(BaseUrl::default(), ApiToken::new(TOKEN).unwrap())
}

pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Reads `response` as an answer to the endpoint of this name, and shows the value.
pub(crate) fn accept(endpoint: &str, response: &Response<Bytes>) -> Result<String, Error> {
    let entry = catalog::find(endpoint).unwrap();
    entry.examples()[0].accept(response).map(|value| format!("{value:#?}"))
}

/// The error of an answer that must not be a success.
pub(crate) fn refused(endpoint: &str, response: &Response<Bytes>) -> Error {
    let error = accept(endpoint, response).expect_err("an error");
    assert_presentable(&error);
    error
}

/// The JSON of a request's body.
pub(crate) fn body_of(request: &Request<Bytes>) -> Option<serde_json::Value> {
    (!request.body().is_empty()).then(|| serde_json::from_slice(request.body()).unwrap())
}

/// An error is one line of bearable length, names its endpoint first, and shows no secret; so does its `Debug`, which may
/// have more lines.
pub(crate) fn assert_presentable(error: &Error) {
    let (line, debug) = (error.to_string(), format!("{error:?}"));
    assert!(!line.contains(char::is_control), "more than one line: {line}");
    assert!(line.chars().count() <= LONGEST, "{} characters: {line}", line.chars().count());
    assert!(debug.chars().count() <= 4 * LONGEST, "{} characters: {debug}", debug.chars().count());
    if let Some(endpoint) = error.endpoint() {
        assert!(line.starts_with(&format!("{endpoint}: ")), "{line}");
    }
    let mut chain = vec![line, debug, format!("{error:#?}")];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        chain.extend([cause.to_string(), format!("{cause:?}")]);
        source = cause.source();
    }
    for text in chain {
        for secret in [TOKEN, SECRET] {
            assert!(!text.contains(secret), "{secret} is shown: {text}");
        }
    }
}

/// Everything that can be asked of an error, as text.
pub(crate) fn facts(error: &Error) -> String {
    let predicates = [
        ("unauthorized", error.is_unauthorized()),
        ("forbidden", error.is_forbidden()),
        ("out_of_funds", error.is_out_of_funds()),
        ("not_found", error.is_not_found()),
        ("conflict", error.is_conflict()),
        ("invalid", error.is_invalid()),
        ("rate_limited", error.is_rate_limited()),
        ("timeout", error.is_timeout()),
    ];
    let is: Vec<_> = predicates.iter().filter(|(_, yes)| *yes).map(|(name, _)| *name).collect();
    let mut text = format!("{error}\n\n");
    let mut fact = |name: &str, value: String| writeln!(text, "{name}: {value}").unwrap();
    fact("is", is.join(" "));
    fact("endpoint", error.endpoint().unwrap_or("-").to_owned());
    fact("status", error.status().map_or("-".to_owned(), |status| status.as_u16().to_string()));
    fact("server_message", error.server_message().map_or("-".to_owned(), |words| format!("{words:?}")));
    fact("retry_after", error.retry_after().map_or("-".to_owned(), |delay| format!("{delay:?}")));
    fact("may_have_been_applied", error.may_have_been_applied().to_string());
    match error {
        Error::Decode(e) => fact("path", e.path().to_owned()),
        Error::Api(e) => {
            fact("request_id", e.request_id().unwrap_or("-").to_owned());
            for issue in e.issues() {
                fact("issue", format!("{issue:?}"));
            }
        }
        _ => {}
    }
    text
}

pub(crate) fn snapshots_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("wire/snapshots")
}

/// Compares with `snapshots/<name>.snap`.
pub(crate) fn snapshot(name: &str, text: &str) {
    for secret in [TOKEN, SECRET] {
        assert!(!text.contains(secret), "{name} would show {secret}: {text}");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(snapshots_dir());
    settings.bind(|| insta::assert_snapshot!(name, text));
}
