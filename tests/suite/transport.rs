//! The transports the suite runs on.

use std::future::Future;

use tensorpool_client::{AnyTransport, FromOptions as _, Transport, TransportOptions};
use tensorpool_emulator::{Emulator, EmulatorTransport, Server, ServerOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

use crate::world::{World, config};

/// A transport the suite can set up.
pub(crate) trait Subject: Transport + Clone {
    /// One, with where it reaches the emulator.
    fn world() -> (World<Self>, Keep);

    /// Runs a case to its end, on the runtime this transport needs.
    fn block_on<F: Future>(keep: &Keep, case: F) -> F::Output {
        keep.block_on(case)
    }
}

/// What must live as long as a case: the runtime, and the server on it.
pub(crate) struct Keep {
    runtime: tokio::runtime::Runtime,
    _server: Option<Server>,
}

impl Keep {
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// All transports: a name and a type each. A new one is a line here and a `Subject` below.
macro_rules! on_each_transport {
    () => {
        $crate::cases!(tests_of (emulator tensorpool_emulator::EmulatorTransport));
        $crate::cases!(tests_of (erased tensorpool_client::AnyTransport));
        $crate::cases!(tests_of (reqwest tensorpool_reqwest::ReqwestTransport));
        $crate::cases!(tests_of (hyper tensorpool_hyper::HyperTransport));
        $crate::cases!(tests_of (hyper_http2 crate::on_http2::Http2));
        $crate::cases!(tests_of (ureq_blocking crate::on_ureq::BlockingTransport));
        $crate::cases!(tests_of (smol crate::on_smol::SmolTransport));
    };
}
pub(crate) use on_each_transport;

/// Runs one case.
pub(crate) fn run<T: Subject, F: AsyncFnOnce(World<T>)>(case: F) {
    let (world, keep) = T::world();
    let script = world.emulator.script().clone();
    T::block_on(&keep, case(world));
    assert_eq!(script.unfired(), Vec::<String>::new(), "faults that never happened prove nothing");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A world behind a socket; a minute passes in 60 ms.
pub(crate) fn served<T>(transport: T) -> (World<T>, Keep) {
    let emulator = Emulator::new(config());
    let runtime = runtime();
    let options = ServerOptions::default().time_scale(1_000.0);
    let server =
        runtime.block_on(Server::bind(([127, 0, 0, 1], 0).into(), emulator.clone(), options)).unwrap();
    let world = World { transport, url: server.url(), emulator };
    (world, Keep { runtime, _server: Some(server) })
}

impl Subject for EmulatorTransport {
    fn world() -> (World<Self>, Keep) {
        let transport = Self::new(config());
        let emulator = transport.emulator().clone();
        let world = World { transport, url: "https://engine.tensorpool.dev".to_owned(), emulator };
        (world, Keep { runtime: runtime(), _server: None })
    }
}

impl Subject for AnyTransport {
    fn world() -> (World<Self>, Keep) {
        let (world, keep) = EmulatorTransport::world();
        let World { transport, url, emulator } = world;
        (World { transport: Self::new(transport), url, emulator }, keep)
    }
}

impl Subject for ReqwestTransport {
    fn world() -> (World<Self>, Keep) {
        served(Self::from_options(&TransportOptions::default()).unwrap())
    }
}

impl Subject for HyperTransport {
    fn world() -> (World<Self>, Keep) {
        served(Self::from_options(&TransportOptions::default()).unwrap())
    }
}
