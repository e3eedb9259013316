//! Jobs from end to end, for real: a folder is pushed with rsync, its commands run, its outputs come home, over each adapter.
//!
//! The engine is the emulator with `run_jobs`; it needs an rsync, and says so if there is none.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod hostile;
mod runner;
mod whole;
mod world;

/// Runs every case on every adapter.
macro_rules! on_each_adapter {
    (run_jobs: $run:literal, $($case:ident),+ $(,)?) => {
        $crate::on_each_adapter!(@ reqwest tensorpool_reqwest::ReqwestTransport, $run [$($case),+]);
        $crate::on_each_adapter!(@ hyper tensorpool_hyper::HyperTransport, $run [$($case),+]);
    };
    (@ $name:ident $transport:ty, $run:literal [$($case:ident),+]) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(&$crate::world::World::<$transport>::start($run).await).await;
                }
            )+
        }
    };
}
pub(crate) use on_each_adapter;
