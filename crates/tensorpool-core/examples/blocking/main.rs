//! Core alone, on threads: the flows driven by hand over ureq, with no async runtime in the tree.
//!
//! `cargo run -q -p tensorpool-core --example blocking`

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an example is a program: it prints, waits and starts others"
)]

#[path = "../shared/engine.rs"]
mod engine;
mod ureq_http;

use std::time::{Duration, Instant};

use tensorpool_core::api::cluster::{CreateCluster, DestroyCluster};
use tensorpool_core::api::user::GetMe;
use tensorpool_core::flow::{Action, Call, Flow, Input, Operation, RetryBudget, RetryPolicy, Wait};
use tensorpool_core::{ApiToken, BaseUrl, Context, Endpoint, Error, Time};
use ureq::Agent;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = engine::Engine::start()?;
    let context = Context::new(BaseUrl::parse(&engine.url)?, ApiToken::new(engine.key.as_str())?);
    let driver = Driver { agent: ureq_http::agent(), started: Instant::now() };

    let me = driver.run(call(&context, GetMe)?, |_| {})?.value;
    println!("{}", me.email.as_deref().unwrap_or("somebody"));

    let create = call(&context, CreateCluster::new("1xH100").name("blocking"))?;
    let create = Operation::new(&context, create, Wait::up_to_minutes(5), 1);
    let created = driver.run(create, |step| println!("{step}"))?.response;
    println!("{} is up", created.cluster_id);

    let destroy = call(&context, DestroyCluster::new(created.cluster_id))?;
    driver.run(Operation::new(&context, destroy, Wait::up_to_minutes(5), 2), |step| println!("{step}"))?;

    let runtimes = engine::in_tree("tensorpool-core", &["tokio", "async-std", "smol", "async-executor"])?;
    assert!(runtimes.is_empty(), "async runtimes in the tree: {runtimes:?}");
    println!("and no async runtime in the tree");
    Ok(())
}

fn call<E: Endpoint>(context: &Context, endpoint: E) -> Result<Call<E>, Error> {
    Call::new(context, endpoint, RetryPolicy::default(), RetryBudget::new(), 0)
}

/// The whole driver.
struct Driver {
    agent: Agent,
    started: Instant,
}

impl Driver {
    fn run<F: Flow>(&self, mut flow: F, show: impl Fn(F::Progress)) -> Result<F::Output, Error> {
        loop {
            let now = self.now();
            match flow.poll(now) {
                Action::Send(out) => {
                    let outcome = ureq_http::send(&self.agent, out.request, out.limit);
                    flow.handle(self.now(), Input::from(outcome));
                }
                Action::WaitUntil(time) => std::thread::sleep(time.since(now).max(Duration::from_millis(1))),
                Action::Progress(step) => show(step),
                _ => return flow.finish(),
            }
        }
    }

    fn now(&self) -> Time {
        Time::since_epoch(self.started.elapsed())
    }
}
