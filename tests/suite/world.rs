//! What a case is given: a transport, the emulator behind it, and clients of both.

use std::time::Duration;

use tensorpool_client::core::flow::Wait;
use tensorpool_client::{Builder, Client, Transport};
use tensorpool_emulator::{Config, Emulator, Organization, User};

/// The token of Ada, who has an organization and money.
pub(crate) const ADA: &str = "tp-ada";
/// The token of Bob, who is alone and poor.
pub(crate) const BOB: &str = "tp-bob";

pub(crate) struct World<T> {
    pub(crate) transport: T,
    pub(crate) url: String,
    pub(crate) emulator: Emulator,
}

impl<T: Transport + Clone> World<T> {
    /// Ada's client.
    pub(crate) fn client(&self) -> Client<T> {
        self.client_with(|builder| builder)
    }

    /// A client built as `change` says, Ada's by default.
    pub(crate) fn client_with(&self, change: impl FnOnce(Builder<T>) -> Builder<T>) -> Client<T> {
        let builder = Client::builder().token(ADA).base_url(&self.url).wait(impatient());
        change(builder).build_with(self.transport.clone()).unwrap()
    }
}

/// Asks again within milliseconds whatever the engine says: some of these worlds run in real time.
pub(crate) fn impatient() -> Wait {
    let mut wait = Wait::up_to(Duration::from_secs(600));
    wait.min_retry_after = Duration::from_millis(1);
    wait.max_retry_after = Duration::from_millis(20);
    wait.max_delay = Duration::from_millis(20);
    wait.first_delay = Duration::from_millis(20);
    wait
}

pub(crate) fn config() -> Config {
    Config::default()
        .organization(Organization::new("org-1", "Analytical Engines", 10_000.0))
        .user(User::new("u-ada", "ada@example.com", ADA).unwrap().organization("org-1").payment_method(true))
        .user(User::new("u-bob", "bob@example.com", BOB).unwrap().balance(0.5))
}
