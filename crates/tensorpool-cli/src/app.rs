//! `App`: what every command has at hand: its flags, the screen, and a client that is made when it is first needed.

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use tensorpool_client::core::flow::Submitted;
use tensorpool_client::core::http::Request;
use tensorpool_client::core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, Replay, RequestId};
use tensorpool_reqwest::Client;

use crate::args::Globals;
use crate::consent::{self, Level};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key::{self, Key};
use crate::output::{Format, Screen, View};

pub(crate) struct App {
    pub(crate) globals: Globals,
    pub(crate) screen: Screen,
    path: String,
    client: OnceCell<Client>,
    code: Cell<u8>,
}

/// An answer, read and as it came.
pub(crate) struct Answer<R> {
    pub(crate) value: R,
    pub(crate) json: Value,
}

impl App {
    pub(crate) fn new(globals: Globals, path: String) -> Self {
        let screen = Screen::new(globals.output);
        Self { globals, screen, path, client: OnceCell::new(), code: Cell::new(0) }
    }

    /// The command that runs, such as `cluster destroy`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Runs a command to its end, or to Ctrl-C.
    pub(crate) fn block_on(&self, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::io("cannot start", &error))?
            .block_on(command)
    }

    /// Ends with another code than 0, though nothing failed: that of a job, say.
    pub(crate) fn end_with(&self, code: u8) {
        self.code.set(code);
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code.get())
    }

    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        self.screen.fail(failure);
        ExitCode::from(failure.code.unwrap_or(failure.exit.code()))
    }

    /// The address of the engine, as the environment has it.
    pub(crate) fn engine() -> Result<BaseUrl, Failure> {
        match std::env::var("TENSORPOOL_ENGINE") {
            Ok(url) if !url.is_empty() => {
                Ok(BaseUrl::parse(&url).map_err(tensorpool_client::core::Error::from)?)
            }
            Err(std::env::VarError::NotUnicode(_)) => Err(Failure::usage("TENSORPOOL_ENGINE is not Unicode")),
            _ => Ok(BaseUrl::default()),
        }
    }

    /// The key, or what to do about there being none.
    pub(crate) fn key(&self) -> Result<Key, Failure> {
        key::find(self)?.ok_or_else(|| {
            Failure::new(Exit::Authentication, "there is no API key").hint(
                "run `tp auth login`, or set TENSORPOOL_KEY from https://tensorpool.dev/dashboard/profile",
            )
        })
    }

    /// What the requests of this program have in common.
    fn context(&self, token: String) -> Result<Context, Failure> {
        let token = ApiToken::new(token).map_err(tensorpool_client::core::Error::from)?;
        let context = Context::new(Self::engine()?, token)
            .client_type("cli")
            .and_then(|context| context.user_agent(concat!("tp/", env!("CARGO_PKG_VERSION"))));
        Ok(context.map_err(tensorpool_client::core::Error::from)?)
    }

    /// The client, made when it is first asked for: before, there is no TLS and no socket.
    pub(crate) fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.client_with(self.key()?.value)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// A client with this key, whatever key is found.
    pub(crate) fn client_with(&self, key: String) -> Result<Client, Failure> {
        // It fails only where one is installed already, which then is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .token(key)
            .base_url(Self::engine()?.to_string())
            .client_type("cli")
            .user_agent(concat!("tp/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(client)
    }

    /// Asks, as the command's level says, before `what` is done to `id`. A dry run does nothing, so it does not ask.
    pub(crate) fn consent(&self, what: &str, id: &str) -> Result<(), Failure> {
        if self.globals.dry_run { Ok(()) } else { consent::ask(self, what, id) }
    }

    /// Sends a request and reads the answer. `None` after a dry run, which only shows the request.
    pub(crate) async fn send<E: Endpoint>(
        &self,
        endpoint: E,
    ) -> Result<Option<Answer<E::Response>>, Failure> {
        let reads = consent::level(&self.path) == Level::Reads;
        if reads && E::META.replay != Replay::Safe {
            // The table of levels says that this command only looks; if it does more, it must not do it unasked.
            return Err(Failure::failed(format!("{} may not send {}", self.path, E::META.name)));
        }
        if self.globals.dry_run {
            self.show_request(&endpoint)?;
            return Ok(None);
        }
        let reply = self.client()?.reply(endpoint).await?;
        let json = serde_json::from_slice(reply.body.expose()).unwrap_or(Value::Null);
        Ok(Some(Answer { value: reply.value, json }))
    }

    /// For a dry run, which needs no key: the one in it is never shown, and never sent.
    pub(crate) fn any_context(&self) -> Result<Context, Failure> {
        self.context(key::find(self)?.map_or_else(|| "none".to_owned(), |key| key.value))
    }

    /// Shows the request of an endpoint instead of sending it.
    pub(crate) fn show_request<E: Endpoint>(&self, endpoint: &E) -> Result<(), Failure> {
        self.show_built(&self.any_context()?.request(endpoint)?)
    }

    /// Shows a request instead of sending it.
    pub(crate) fn show_built(&self, request: &Request<Bytes>) -> Result<(), Failure> {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let (method, uri) = (request.method().as_str(), request.uri().to_string());
        let json = json!({ "dry_run": true, "request": { "method": method, "url": uri, "body": body } });
        let mut view = View::one(json, &uri).field("request", Some(format!("{method} {uri}")));
        if !request.body().is_empty() {
            view = view.field("body", Some(body));
        }
        self.screen.show(&view.note(Some("dry run: nothing was sent")))
    }

    /// Sends a request and shows its answer, in the form that `view` gives it.
    pub(crate) async fn look<E: Endpoint>(
        &self,
        endpoint: E,
        view: impl FnOnce(E::Response, Value) -> View,
    ) -> Result<(), Failure> {
        let Some(answer) = self.send(endpoint).await? else { return Ok(()) };
        self.screen.show(&view(answer.value, answer.json))
    }

    /// Sends a request whose answer goes on at the engine, shows the answer, and follows it first if that was asked for.
    pub(crate) async fn order<E: Endpoint<Response: Submitted>>(
        &self,
        endpoint: E,
        wait: Option<Duration>,
        view: impl FnOnce(&E::Response, Value) -> View,
    ) -> Result<(), Failure> {
        let Some(Answer { value, json }) = self.send(endpoint).await? else { return Ok(()) };
        self.accepted(E::META.name, Accepted::of(&value), view(&value, json), wait).await
    }

    /// What is the same for every order, compiled once.
    async fn accepted(
        &self,
        endpoint: &'static str,
        accepted: Accepted,
        mut shown: View,
        wait: Option<Duration>,
    ) -> Result<(), Failure> {
        let pending = self.client()?.follow(endpoint, accepted);
        let Some(wait) = wait else {
            let ids: Vec<_> = pending.handle().requests().iter().map(|id| id.as_str()).collect();
            self.screen.show(&shown)?;
            if !ids.is_empty() && self.screen.format != Format::Json {
                self.screen.say(&format!("it goes on; follow it with `tp request wait {}`", ids.join(" ")));
            }
            return Ok(());
        };
        let ended = crate::wait::follow(self, pending, wait).await?;
        if let Value::Object(fields) = &mut shown.json {
            fields.insert("requests".to_owned(), ended);
        }
        self.screen.show(&shown)
    }
}

/// What of an answer is followed, whatever it was an answer to.
struct Accepted {
    requests: Vec<RequestId>,
    must_be_followed: bool,
    object: Option<String>,
}

impl Accepted {
    fn of(answer: &impl Submitted) -> Self {
        Self {
            requests: answer.request_ids(),
            must_be_followed: answer.must_be_followed(),
            object: answer.object_id().map(str::to_owned),
        }
    }
}

impl Submitted for Accepted {
    fn request_ids(&self) -> Vec<RequestId> {
        self.requests.clone()
    }

    fn must_be_followed(&self) -> bool {
        self.must_be_followed
    }

    fn object_id(&self) -> Option<&str> {
        self.object.as_deref()
    }
}
