//! Money: US dollars, as the API gives them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::extra::model;

/// US dollars, as the JSON number the API sends. Good for showing and comparing; not for accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd(pub f64);

/// US dollars for each hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsdPerHour(pub f64);

impl UsdPerHour {
    /// What `hours` of it cost.
    #[must_use]
    pub fn for_hours(self, hours: f64) -> Usd {
        Usd(self.0 * hours)
    }

    /// What a day of it costs.
    #[must_use]
    pub fn per_day(self) -> Usd {
        self.for_hours(24.0)
    }
}

impl From<f64> for Usd {
    fn from(dollars: f64) -> Self {
        Self(dollars)
    }
}

impl From<f64> for UsdPerHour {
    fn from(dollars: f64) -> Self {
        Self(dollars)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${:.2}", self.0)
    }
}

impl fmt::Display for UsdPerHour {
    /// Two decimals, and as many more as a small rate needs to show two digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.0.abs();
        let decimals = match rate {
            r if r == 0.0 || r >= 0.1 || !r.is_finite() => 2,
            r if r >= 0.01 => 3,
            r if r >= 0.001 => 4,
            _ => 6,
        };
        write!(f, "${:.decimals$}/h", self.0)
    }
}

model! {
    /// A price, asked before buying (contract §4.6, §5.8).
    struct Quote {
        required {
            /// The whole cluster's or volume's price, USD per hour.
            hourly_rate: UsdPerHour,
        }
        optional {
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rates_are_not_shown_as_nothing() {
        let shown: Vec<_> =
            [15.92, 0.0, 0.137, 0.0137, 0.00137, 0.000137].map(|r| UsdPerHour(r).to_string()).into();
        assert_eq!(shown, ["$15.92/h", "$0.00/h", "$0.14/h", "$0.014/h", "$0.0014/h", "$0.000137/h"]);
    }
}
