//! What kind of machine, and how many GPUs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instance type such as `8xH100`: count and device.
///
/// Not an enum: the list changes with the market, and a type that is unknown here must still be orderable. The types
/// that were on offer when this was written are [`KNOWN`](Self::KNOWN) (contract §11).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceType(Box<str>);

impl InstanceType {
    /// The types on offer in early 2026 (contract §11).
    pub const KNOWN: &'static [&'static str] = &[
        "1xB300", "2xB300", "4xB300", "8xB300", "1xB200", "2xB200", "4xB200", "8xB200", "1xH200", "2xH200",
        "4xH200", "8xH200", "1xH100", "2xH100", "4xH100", "8xH100", "1xL40S", "32xCPU", "64xCPU",
    ];

    /// Those of them that take more than one node (contract §4.9, §13.19).
    pub const MULTI_NODE: &'static [&'static str] = &["8xH200", "8xB200"];

    /// The type as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many devices one node has: 8 of `8xH100`. `None` if it is not written that way.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        self.0.split_once('x')?.0.parse().ok()
    }

    /// The device: `H100` of `8xH100`. `None` if it is not written that way.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.count()?;
        self.0.split_once('x').map(|(_, device)| device)
    }

    /// Whether it is known to take more than one node.
    #[must_use]
    pub fn is_multi_node(&self) -> bool {
        Self::MULTI_NODE.contains(&&*self.0)
    }
}

impl From<&str> for InstanceType {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for InstanceType {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_count_and_a_device() {
        let parts = |name: &str| {
            let t = InstanceType::from(name);
            (t.count(), t.device().map(str::to_owned))
        };
        assert_eq!(parts("8xH100"), (Some(8), Some("H100".to_owned())));
        assert_eq!(parts("32xCPU"), (Some(32), Some("CPU".to_owned())));
        assert_eq!(parts("mystery"), (None, None));
        assert_eq!(parts("xxx"), (None, None));
    }
}
