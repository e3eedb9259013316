//! The account, and whether the engine is up.

use tensorpool_core::Error;
use tensorpool_core::api::health::{CheckHealth, Health, Healthz};
use tensorpool_core::api::user::{
    EditPreferences, GetMe, GetOrganization, GetPreferences, GetUserInfo, Me, Organization, Preferences,
    UserInfo,
};
use tensorpool_core::model::Acknowledged;

use super::handle;
use crate::Transport;

handle! {
    /// The account: token, preferences, organization; and whether the engine is up.
    Account
}

impl<T: Transport> Account<'_, T> {
    /// `GET /me`: whose token this is; the check of a token.
    ///
    /// # Errors
    ///
    /// [`is_unauthorized`](Error::is_unauthorized) for a token that is missing or wrong.
    pub async fn me(self) -> Result<Me, Error> {
        self.0.send(GetMe).await
    }

    /// `GET /user/info`: the account as text.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn info(self) -> Result<UserInfo, Error> {
        self.0.send(GetUserInfo).await
    }

    /// `GET /user/preferences`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn preferences(self) -> Result<Preferences, Error> {
        self.0.send(GetPreferences).await
    }

    /// `PATCH /user/preferences`: changes what is set, leaves the rest.
    ///
    /// # Errors
    ///
    /// [`is_invalid`](Error::is_invalid) for thresholds that break the rules, or no change at all.
    pub async fn edit_preferences(self, edit: EditPreferences) -> Result<Preferences, Error> {
        self.0.send(edit).await
    }

    /// `GET /user/organization/info`: the organization, its members and balance.
    ///
    /// # Errors
    ///
    /// Probably [`is_not_found`](Error::is_not_found) for a user in none.
    pub async fn organization(self) -> Result<Organization, Error> {
        self.0.send(GetOrganization).await
    }

    /// `POST /health`: whether the engine accepts this client. Only the library's version is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Api`] with the reason if it does not.
    pub async fn check_health(self) -> Result<Acknowledged, Error> {
        self.0.send(CheckHealth::new(env!("CARGO_PKG_VERSION"))).await
    }

    /// `GET /healthz`: whether the engine is up. No token is sent.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn healthz(self) -> Result<Health, Error> {
        self.0.send(Healthz).await
    }
}
