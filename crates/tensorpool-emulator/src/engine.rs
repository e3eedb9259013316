//! `Engine`: requests in, answers out, at a moment that is passed in.

mod inspect;
mod seed;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tensorpool_core::{Meta, Time, catalog};

use crate::answer::{Refusal, UNAUTHORIZED, json};
use crate::call::Call;
use crate::config::Config;
use crate::routes::request::seconds;
use crate::routes::{self, files, health};
use crate::session;
use crate::state::State;

pub use inspect::Seen;
pub use seed::NewJob;

/// How many requests [`Engine::requests_seen`] remembers.
const REMEMBERED: usize = 65_536;

/// A local TensorPool engine: requests in, answers out, no clock and no IO.
///
/// Operations finish in virtual time: each request brings the moment it arrives at, and what was due by then has
/// happened before it is answered. Time never goes back; a request from the past arrives now.
///
/// ```
/// use tensorpool_core::api::cluster::{CreateCluster, GetCluster};
/// use tensorpool_core::{ApiToken, BaseUrl, Context, Endpoint, Time};
/// use tensorpool_emulator::{Config, Engine};
///
/// let mut engine = Engine::new(Config::single_user("tp-test")?);
/// let context = Context::new(BaseUrl::parse("http://localhost")?, ApiToken::new("tp-test")?);
///
/// let create = CreateCluster::new("8xH100").name("train");
/// let answer = engine.handle(Time::ZERO, &context.request(&create)?);
/// assert_eq!(answer.status(), 202);
///
/// let get = GetCluster::new("train");
/// let answer = engine.handle(Time::secs(120), &context.request(&get)?);
/// assert_eq!(get.accept(&answer)?.cluster_info.status.unwrap().as_str(), "RUNNING");
/// # Ok::<(), tensorpool_core::Error>(())
/// ```
pub struct Engine {
    state: State,
    seen: VecDeque<Seen>,
    counts: BTreeMap<&'static str, u64>,
    /// By the place of the user: when the window began, and how many requests it has had.
    windows: BTreeMap<usize, (Time, u32)>,
}

impl Engine {
    /// An engine that begins as `config` says, at [`Time::ZERO`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            state: State::new(config),
            seen: VecDeque::new(),
            counts: BTreeMap::new(),
            windows: BTreeMap::new(),
        }
    }

    /// Answers a request that arrives at `now`.
    pub fn handle(&mut self, now: Time, request: &Request<Bytes>) -> Response<Bytes> {
        self.state.advance(now);
        let endpoint = endpoint(request);
        let response = if endpoint == FILES {
            files::serve(&self.state, request)
        } else {
            self.answer(request).unwrap_or_else(Refusal::respond)
        };
        self.remember(endpoint, response.status());
        response
    }

    /// Lets time pass until `now` without a request.
    pub fn advance(&mut self, now: Time) {
        self.state.advance(now);
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    fn answer(&mut self, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
        let (method, path) = (request.method(), request.uri().path());
        let route = catalog::route(method, path);
        if let Some((meta, _)) = route.as_ref().filter(|(meta, _)| !meta.authenticated) {
            // No user belongs to it, so it can only be the one that needs none.
            return if meta.name == "health.healthz" { health::healthz() } else { Err(no_route()) };
        }
        // The door comes before the map: without a token one does not even learn which routes there are.
        let Some(user) = self.user(request) else { return Ok(unauthorized(route.map(|(meta, _)| meta))) };
        self.limit(user)?;
        let Some((meta, parameters)) = route else { return wrong_method(path).ok_or_else(no_route) };
        let call = Call::new(self.state.now, user, &parameters, request);
        routes::answer(meta.name, &mut self.state, &call)
    }

    fn user(&self, request: &Request<Bytes>) -> Option<usize> {
        let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = header.split_once(' ')?;
        let is = |user: &crate::config::User| user.token.expose() == token.trim();
        self.state.config.users.iter().position(is).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
    }

    fn limit(&mut self, user: usize) -> Result<(), Refusal> {
        let Some(limit) = self.state.config.rate_limit else { return Ok(()) };
        let now = self.state.now;
        let (began, count) = self.windows.entry(user).or_insert((now, 0));
        if now >= *began + limit.window {
            (*began, *count) = (now, 0);
        }
        if *count >= limit.requests {
            return Err(Refusal::RateLimited(seconds((*began + limit.window).since(now)).max(1)));
        }
        *count += 1;
        Ok(())
    }

    pub(crate) fn remember(&mut self, endpoint: &'static str, status: StatusCode) {
        *self.counts.entry(endpoint).or_default() += 1;
        if self.seen.len() >= REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen { endpoint, status: status.as_u16() });
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("now", &self.state.now)
            .field("clusters", &self.cluster_count())
            .field("volumes", &self.volume_count())
            .finish_non_exhaustive()
    }
}

/// The name of signed files in [`Seen`] and in rules of a [`Script`](crate::Script).
const FILES: &str = "files";
/// The name of everything that is no route.
const UNKNOWN: &str = "unknown";

/// What a request is for: a name of the catalogue, `job.push` and `job.listen`, `files`, or `unknown`.
pub(crate) fn endpoint(request: &Request<Bytes>) -> &'static str {
    let path = request.uri().path();
    if path.starts_with(files::PREFIX) {
        return FILES;
    }
    let route = catalog::route(request.method(), path).map(|(meta, _)| meta.name);
    route.or_else(|| session::endpoint(path).filter(|_| request.method() == Method::GET)).unwrap_or(UNKNOWN)
}

fn no_route() -> Refusal {
    Refusal::Detail(StatusCode::NOT_FOUND, "Not Found")
}

fn unauthorized(meta: Option<&Meta>) -> Response<Bytes> {
    if meta.is_some_and(|meta| meta.name == "health.check") {
        // The official client prints `message` here and nothing else (contract §7.9), so there is one beside `error`.
        let body = serde_json::json!({ "error": UNAUTHORIZED, "message": UNAUTHORIZED });
        return json(StatusCode::UNAUTHORIZED, &body);
    }
    Refusal::Unauthorized.respond()
}

/// 405 for a path that other methods have.
fn wrong_method(path: &str) -> Option<Response<Bytes>> {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let allowed: Vec<_> =
        methods.iter().filter(|m| catalog::route(m, path).is_some()).map(Method::as_str).collect();
    if allowed.is_empty() {
        return None;
    }
    let mut response = Refusal::Detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed").respond();
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    Some(response)
}
