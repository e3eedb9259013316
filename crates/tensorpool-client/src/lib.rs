//! A comfortable TensorPool client over any HTTP transport.

mod transport;

pub use tensorpool_core as core;
pub use transport::Transport;
