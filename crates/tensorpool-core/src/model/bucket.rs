//! A bucket of object storage.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::extra::Extra;
use crate::ids::BucketName;

/// A bucket: a bare name or an object with one, since nobody has seen which the server sends (contract §6, §14).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// What else the server said of it; empty where it sent a bare name.
    pub extra: Extra,
}

impl Bucket {
    /// A bucket of this name.
    #[must_use]
    pub fn new(name: impl Into<BucketName>) -> Self {
        Self { name: name.into(), extra: Extra::new() }
    }
}

impl<'de> Deserialize<'de> for Bucket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self::new(name)),
            Value::Object(mut extra) => {
                let key = ["name", "bucket_name", "Name"]
                    .into_iter()
                    .find(|key| extra.get(*key).is_some_and(Value::is_string));
                match key.and_then(|key| extra.remove(key)) {
                    Some(Value::String(name)) => Ok(Self { name: name.into(), extra }),
                    _ => Err(D::Error::missing_field("name")),
                }
            }
            _ => Err(D::Error::custom("a bucket is neither a name nor an object")),
        }
    }
}

impl Serialize for Bucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.extra.is_empty() {
            return self.name.serialize(serializer);
        }
        let mut object = Extra::new();
        object.insert("name".to_owned(), Value::String(self.name.as_str().to_owned()));
        object.extend(self.extra.clone());
        object.serialize(serializer)
    }
}
