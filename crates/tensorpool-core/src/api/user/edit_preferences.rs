//! `PATCH /user/preferences`

use bytes::Bytes;
use serde::Serialize;

use super::Preferences;
use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::request;

/// `PATCH /user/preferences`: changes what is set, leaves the rest (contract §7.7).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EditPreferences {
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_email_cluster_create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_email_cluster_destroy: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autopay_enabled: Option<bool>,
    // Some(None) is written as null: clear it.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_warning_threshold: Option<Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autopay_reload_threshold: Option<Option<f64>>,
}

impl EditPreferences {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an email is sent when a cluster is created.
    #[must_use]
    pub fn notify_email_cluster_create(mut self, on: bool) -> Self {
        self.notify_email_cluster_create = Some(on);
        self
    }

    /// Whether an email is sent when a cluster is destroyed.
    #[must_use]
    pub fn notify_email_cluster_destroy(mut self, on: bool) -> Self {
        self.notify_email_cluster_destroy = Some(on);
        self
    }

    /// Whether the balance is reloaded by itself. Needs a saved payment method and a reload threshold.
    #[must_use]
    pub fn autopay_enabled(mut self, on: bool) -> Self {
        self.autopay_enabled = Some(on);
        self
    }

    /// Warn below this balance, USD: more than 0, and more than the reload threshold if both are set.
    #[must_use]
    pub fn balance_warning_threshold(mut self, usd: f64) -> Self {
        self.balance_warning_threshold = Some(Some(usd));
        self
    }

    /// Sends `null` for the warning threshold. That this clears it is inferred, not documented.
    #[must_use]
    pub fn clear_balance_warning_threshold(mut self) -> Self {
        self.balance_warning_threshold = Some(None);
        self
    }

    /// Reload below this balance, USD: at least 20.
    #[must_use]
    pub fn autopay_reload_threshold(mut self, usd: f64) -> Self {
        self.autopay_reload_threshold = Some(Some(usd));
        self
    }

    /// Sends `null` for the reload threshold. That this clears it is inferred, not documented.
    #[must_use]
    pub fn clear_autopay_reload_threshold(mut self) -> Self {
        self.autopay_reload_threshold = Some(None);
        self
    }
}

impl Endpoint for EditPreferences {
    type Response = Preferences;
    const META: &'static Meta = &Meta::patch("user.edit_preferences", "/user/preferences", "§7.7");

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        if *self == Self::default() {
            return Err(BuildError::invalid("preferences", "are not changed: set at least one"));
        }
        let warning = self.balance_warning_threshold.flatten();
        let reload = self.autopay_reload_threshold.flatten();
        // Written so that NaN is refused too.
        if warning.is_some_and(|usd| !(usd > 0.0 && usd.is_finite())) {
            return Err(BuildError::invalid("balance_warning_threshold", "must be more than 0 USD"));
        }
        if reload.is_some_and(|usd| !(usd >= 20.0 && usd.is_finite())) {
            return Err(BuildError::invalid("autopay_reload_threshold", "must be at least 20 USD"));
        }
        if warning.zip(reload).is_some_and(|(warning, reload)| warning <= reload) {
            return Err(BuildError::invalid(
                "balance_warning_threshold",
                "must be more than autopay_reload_threshold",
            ));
        }
        request::json(self)
    }
}
