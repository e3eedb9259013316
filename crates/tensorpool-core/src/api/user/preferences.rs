//! `GET /user/preferences`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::Usd;

/// `GET /user/preferences` (contract §7.7).
#[derive(Clone, Debug, Default)]
pub struct GetPreferences;

model! {
    /// The account's preferences (contract §7.7).
    struct Preferences {
        required {
            /// Whether an email is sent when a cluster is created.
            notify_email_cluster_create: bool,
            /// Whether an email is sent when a cluster is destroyed.
            notify_email_cluster_destroy: bool,
            /// Whether the balance is reloaded by itself.
            autopay_enabled: bool,
        }
        optional {
            /// Below this balance a warning is sent, USD.
            balance_warning_threshold: Option<Usd>,
            /// Below this balance it is reloaded, USD.
            autopay_reload_threshold: Option<Usd>,
        }
    }
}

impl Endpoint for GetPreferences {
    type Response = Preferences;
    const META: &'static Meta = &Meta::get("user.preferences", "/user/preferences", "§7.7");
}
