//! Prices, as they were told of in early 2026 (contract §5.9, §11).

use tensorpool_core::model::{InstanceType, UsdPerHour};

/// USD per device and hour.
const DEVICES: &[(&str, f64)] =
    &[("B300", 5.49), ("B200", 4.99), ("H200", 2.99), ("H100", 1.99), ("L40S", 1.49), ("CPU", 0.015)];

const STORAGE_PER_GB_MONTH: f64 = 0.10;
/// A month in hours: 365 days in 12 parts.
const MONTH: f64 = 730.0;

/// What a cluster costs. `None` for a type that is not on offer.
pub(crate) fn cluster(instance_type: &InstanceType, nodes: u32) -> Option<UsdPerHour> {
    if !InstanceType::KNOWN.contains(&instance_type.as_str()) {
        return None;
    }
    let device = instance_type.device()?;
    let (_, price) = DEVICES.iter().find(|(name, _)| *name == device)?;
    Some(UsdPerHour(round(price * f64::from(instance_type.count()?) * f64::from(nodes))))
}

/// What a volume costs.
pub(crate) fn storage(size_gb: u64) -> UsdPerHour {
    UsdPerHour(round(STORAGE_PER_GB_MONTH * size_gb as f64 / MONTH))
}

/// To a millionth of a dollar: what a multiplication leaves beyond that is noise.
fn round(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_contract() {
        let price = |name: &str, nodes| cluster(&name.into(), nodes).map(|rate| rate.0);
        assert_eq!(price("8xH100", 1), Some(15.92));
        assert_eq!(price("8xH200", 2), Some(47.84));
        assert_eq!(price("32xCPU", 1), Some(0.48));
        assert_eq!(price("9xH100", 1), None);
        assert!(InstanceType::KNOWN.iter().all(|name| price(name, 1).is_some()));
        assert_eq!(storage(1000).0, 0.136986);
    }
}
