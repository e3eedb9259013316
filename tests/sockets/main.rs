//! What only real sockets show, for each adapter: TLS, proxies, reuse, stalls, cuts, caps and cancellation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod adapter;
mod cancel;
#[path = "../certificate.rs"]
mod certificate;
mod far;
mod followed;
mod http;
mod mute;
mod proxy;
mod reuse;
mod tls;
mod trust;

/// Runs every case on every adapter. A new adapter is one line in [`adapter::on_each_adapter`].
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        $crate::adapter::on_each_adapter!(cases_on [$($case),+]);
    };
}
/// Makes the tests of one adapter.
macro_rules! cases_on {
    ([$($case:ident),+] $module:ident $adapter:ident) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(&$crate::adapter::$adapter).await;
                }
            )+
        }
    };
}
pub(crate) use {cases, cases_on};
