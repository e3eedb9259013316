//! The transport of the `smol` example, on smol.

use std::future::Future;

#[path = "../../crates/tensorpool-client/examples/smol/transport.rs"]
mod transport;

pub(crate) use transport::SmolTransport;

use crate::transport::{Keep, Subject, served};
use crate::world::World;

impl Subject for SmolTransport {
    fn world() -> (World<Self>, Keep) {
        served(Self::new())
    }

    fn block_on<F: Future>(_: &Keep, case: F) -> F::Output {
        smol::block_on(case)
    }
}
