//! Whether the engine is up, and whether it accepts this client.

mod check;
mod healthz;

pub use check::{CheckHealth, PythonRuntime};
pub use healthz::{Health, Healthz};
