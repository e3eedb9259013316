//! `tp api`

use std::io::Read as _;

use clap::Args;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use tensorpool_client::Transport as _;
use tensorpool_client::core::http::header::CONTENT_TYPE;
use tensorpool_client::core::http::{HeaderValue, Method, Request, Uri};
use tensorpool_client::core::{
    Bytes, Context, Endpoint, Meta, TimeoutClass, TransportError, TransportErrorKind, read,
};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format};

/// `tp api METHOD PATH`
#[derive(Args, Debug)]
pub(crate) struct Api {
    /// GET, HEAD, POST, PUT, PATCH or DELETE; all but the first two ask before they are sent
    #[arg(value_parser = method)]
    method: Method,
    /// The path at the engine, such as /cluster/list
    path: String,
    /// A text: in the query of GET, HEAD and DELETE, else in the JSON body
    #[arg(short = 'f', long, value_name = "NAME=TEXT", value_parser = pair)]
    raw_field: Vec<(String, String)>,
    /// As -f, but true, false, null, numbers and JSON arrays and objects are what they say
    #[arg(short = 'F', long, value_name = "NAME=VALUE", value_parser = pair)]
    field: Vec<(String, String)>,
    /// A file with the body, `-` for standard input; fields then go into the query
    #[arg(long, value_name = "FILE")]
    input: Option<String>,
}

/// What the library needs to know of a route it does not know.
struct Raw;

impl Endpoint for Raw {
    type Response = IgnoredAny;
    const META: &'static Meta = &Meta::post("api", "/", "any").slow();
}

impl Api {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let looks = matches!(self.method, Method::GET | Method::HEAD);
        if app.globals.dry_run {
            return app.show_built(&self.request(&app.any_context()?)?);
        }
        let client = app.client()?;
        let request = self.request(client.context())?;
        if !looks {
            app.consent(&format!("Send {} {}?", self.method, request.uri()), &self.path)?;
        }
        // It is sent once: what a second one would do is not known here.
        let span = tracing::debug_span!(
            "tensorpool.attempt",
            endpoint = "api",
            http.request.method = self.method.as_str(),
            url.template = "(given)",
            http.response.status_code = Empty,
            error.type = Empty,
            elapsed_ms = Empty,
        );
        let started = client.transport().now();
        let limit = TimeoutClass::Slow.limit();
        let sent = client.transport().send(request, limit).instrument(span.clone()).await;
        let elapsed = client.transport().now().since(started).as_millis();
        span.record("elapsed_ms", u64::try_from(elapsed).unwrap_or(u64::MAX));
        let response = sent.map_err(|error| {
            span.record("error.type", tracing::field::debug(error.kind()));
            lost(&error, looks)
        })?;
        span.record("http.response.status_code", response.status().as_u16());
        let body = response.body();
        if response.status().is_success() {
            return answer(app, body);
        }
        let failed = read::<IgnoredAny>(Raw::META, &response).err().map(Failure::from);
        if app.screen.format != Format::Json {
            output::write(body)?;
        }
        let mut failure = failed.unwrap_or_else(|| Failure::failed("the engine refused it"));
        if let Ok(token) = client.token() {
            // A server that repeats what it was sent must not make an error show the key.
            failure.message = failure.message.replace(token.expose(), "…");
        }
        Err(failure)
    }

    /// The request, with the headers of every other one.
    fn request(&self, context: &Context) -> Result<Request<Bytes>, Failure> {
        let fields = self.fields()?;
        let in_query =
            self.input.is_some() || matches!(self.method, Method::GET | Method::HEAD | Method::DELETE);
        let body = match &self.input {
            Some(file) => Some(input(file)?),
            None if in_query || fields.is_empty() => None,
            None => Some(Value::Object(fields.clone()).to_string().into()),
        };
        let mut target = path(&self.path)?;
        if in_query && !fields.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, value) in &fields {
                query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&query.finish());
        }
        let uri: Uri = format!("{}{target}", context.base_url())
            .parse()
            .map_err(|_| Failure::usage(format!("{} is not a path", self.path)))?;
        let mut request = context.request(&Raw)?;
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = body;
        }
        Ok(request)
    }

    fn fields(&self) -> Result<Map<String, Value>, Failure> {
        let texts = self.raw_field.iter().map(|(name, text)| (name, Value::String(text.clone())));
        let typed = self.field.iter().map(|(name, text)| (name, typed(text)));
        let mut fields = Map::new();
        for (name, value) in texts.chain(typed) {
            if fields.insert(name.clone(), value).is_some() {
                return Err(Failure::usage(format!("the field {name} is given twice")));
            }
        }
        Ok(fields)
    }
}

/// No answer: what may have been done meanwhile is not to be done again unlooked.
fn lost(error: &TransportError, looks: bool) -> Failure {
    let unsent = error.kind() == TransportErrorKind::NotSent;
    let mut failure = Failure::new(Exit::Network, format!("api: {error}"));
    failure.retryable = unsent || looks;
    let safe = failure.retryable;
    failure.hint(if safe {
        "check the network and TENSORPOOL_ENGINE with `tp doctor`"
    } else {
        "it may have been done: look before doing it again"
    })
}

fn answer(app: &App, body: &Bytes) -> Result<(), Failure> {
    if app.screen.format == Format::Json && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        // One JSON document was asked for, and this is none yet.
        let text = (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
        return app.screen.json(&json!(text));
    }
    output::write(body)
}

fn input(file: &str) -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| Failure::io("stdin", &e))?;
    } else {
        bytes = std::fs::read(file).map_err(|e| Failure::io(file, &e))?;
    }
    Ok(bytes.into())
}

fn method(text: &str) -> Result<Method, String> {
    match text.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => Err("one of GET, HEAD, POST, PUT, PATCH, DELETE".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE".to_owned()),
    }
}

fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::String(_)) | Err(_) => Value::String(text.to_owned()),
        Ok(value) => value,
    }
}

/// A path at the engine and nowhere else: the key goes with it.
fn path(given: &str) -> Result<String, Failure> {
    let refuse = |why: &str| Err(Failure::usage(format!("{given}: {why}; nothing was sent")));
    let path = given.strip_prefix('/').unwrap_or(given);
    let before_query = path.split('?').next().unwrap_or_default();
    if before_query.contains("://") {
        return refuse("an address, and only a path at the engine is taken");
    }
    if path.chars().any(|c| c.is_control() || c == ' ' || c == '#' || c == '\\') {
        return refuse("holds what must be percent-encoded");
    }
    let plain = before_query.to_ascii_lowercase().replace("%2e", ".");
    if !path.is_empty() && plain.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return refuse("has an empty segment, `.` or `..`, which would make it another path");
    }
    Ok(format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_at_the_engine() {
        for good in ["/me", "me", "/cluster/info/c-1", "/job/list?include_org=true", "/x?u=https://a.example"]
        {
            let path = path(good).unwrap();
            assert!(path.starts_with('/') && path.ends_with(good), "{path}");
        }
        for bad in [
            "https://evil.example/me",
            "//evil.example/me",
            "/cluster/",
            "/cluster/../me",
            "/cluster/%2E%2e/me",
            "/a b",
            "/a\nb",
            "/a#b",
            "\\\\evil.example",
        ] {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_typed_value_is_what_it_says() {
        for (text, value) in [
            ("true", json!(true)),
            ("null", json!(null)),
            ("-1.5", json!(-1.5)),
            ("[1]", json!([1])),
            ("\"quoted\"", json!("\"quoted\"")),
            ("c-1", json!("c-1")),
            ("", json!("")),
        ] {
            assert_eq!(typed(text), value, "{text:?}");
        }
    }
}
