//! Accounts: who owns a thing, who pays for it, and what they prefer.

use std::time::Duration;

use tensorpool_core::Time;
use tensorpool_core::api::user::Preferences;
use tensorpool_core::model::UsdPerHour;

use crate::config::User;

/// Who owns a thing: a user, and with them their organization (contract §7.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uid: String,
    pub(crate) organization: Option<String>,
}

impl Owner {
    pub(crate) fn of(user: &User) -> Self {
        Self { uid: user.uid.clone(), organization: user.organization.clone() }
    }

    pub(crate) fn organization_payer(id: &str) -> String {
        format!("organization {id}")
    }

    pub(crate) fn user_payer(uid: &str) -> String {
        format!("user {uid}")
    }

    /// Whose balance pays.
    pub(crate) fn payer(&self) -> String {
        self.organization.as_deref().map_or_else(|| Self::user_payer(&self.uid), Self::organization_payer)
    }

    /// Whether they may see and change what `other` owns: the same user or the same organization (contract §3.3).
    pub(crate) fn reaches(&self, other: &Self) -> bool {
        self.uid == other.uid || self.shares(other)
    }

    /// Whether a list shows them what `other` owns: their own things, or all of the organization's *instead*
    /// (contract §7.8). For somebody in no organization, the latter is nothing; that is a guess.
    pub(crate) fn lists(&self, other: &Self, organization: bool) -> bool {
        if organization { self.shares(other) } else { self.uid == other.uid }
    }

    fn shares(&self, other: &Self) -> bool {
        self.organization.is_some() && self.organization == other.organization
    }
}

/// A balance that what runs eats up.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    /// As of `settled`.
    balance: f64,
    settled: Time,
    rate: f64,
}

impl Wallet {
    pub(crate) fn new(balance: f64) -> Self {
        Self { balance, settled: Time::ZERO, rate: 0.0 }
    }

    /// It may become negative: what happens to running things then is unknown, so nothing does.
    pub(crate) fn balance(&self, now: Time) -> f64 {
        self.balance - self.rate * hours(now.since(self.settled))
    }

    /// USD per hour.
    pub(crate) fn rate(&self) -> UsdPerHour {
        // Adding and taking away leaves noise around nothing.
        UsdPerHour(if self.rate.abs() < 1e-9 { 0.0 } else { self.rate })
    }

    pub(crate) fn charge(&mut self, now: Time, rate: UsdPerHour) {
        self.set(now, self.balance(now));
        self.rate += rate.0;
    }

    pub(crate) fn set(&mut self, now: Time, balance: f64) {
        self.balance = balance;
        self.settled = now;
    }
}

fn hours(time: Duration) -> f64 {
    time.as_secs_f64() / 3600.0
}

/// What a user prefers; nothing changed is mail on everything and no thresholds, which is a guess.
#[derive(Clone, Debug)]
pub(crate) struct Preference(pub(crate) Preferences);

impl Default for Preference {
    fn default() -> Self {
        Self(Preferences::new(true, true, false))
    }
}
