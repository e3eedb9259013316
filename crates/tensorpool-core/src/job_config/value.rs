//! A value of a key that has no name here.

use std::collections::BTreeMap;

use toml::de::DeValue;

/// A TOML value of a key that this version does not know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConfigValue {
    /// Text.
    String(String),
    /// A whole number.
    Integer(i64),
    /// A number, possibly infinite or none.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A date, a time or both, as it is written.
    Datetime(String),
    /// A list.
    Array(Vec<ConfigValue>),
    /// Keys and values.
    Table(BTreeMap<String, ConfigValue>),
}

impl ConfigValue {
    /// `None` for an integer beyond 64 bits.
    pub(super) fn read(value: &DeValue<'_>) -> Option<Self> {
        Some(match value {
            DeValue::String(text) => Self::String(text.to_string()),
            DeValue::Integer(number) => {
                Self::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
            }
            DeValue::Float(number) => Self::Float(number.as_str().parse().ok()?),
            DeValue::Boolean(is) => Self::Boolean(*is),
            DeValue::Datetime(time) => Self::Datetime(time.to_string()),
            DeValue::Array(values) => {
                Self::Array(values.iter().map(|value| Self::read(value.get_ref())).collect::<Option<_>>()?)
            }
            DeValue::Table(table) => {
                let read =
                    table.iter().map(|(key, value)| Some((key.to_string(), Self::read(value.get_ref())?)));
                Self::Table(read.collect::<Option<_>>()?)
            }
        })
    }
}

/// What a value is called in a message.
pub(super) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
