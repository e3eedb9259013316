//! `Extra` and `model!`: responses that keep what they do not know.

use serde_json::{Map, Value};

/// The fields of an answer that this version has no name for, kept and written out again.
pub type Extra = Map<String, Value>;

/// Declares a response: a struct of public fields plus [`Extra`], read by a visitor that loses nothing.
///
/// `#[serde(flatten)]` would do the same but buffers every field and loses the JSON path of an error. A `required` field
/// that is absent or null is an error that names it; an `optional` one then has its type's default. In brackets stand a
/// field's names on the wire, the one that is written first; without, the field's own name.
///
/// `model!(secret struct …)` declares a response that holds secrets and therefore
/// cannot be serialised or shown.
macro_rules! model {
    (secret $(#[$meta:meta])* struct $name:ident $($rest:tt)+) => {
        $crate::extra::model_struct! { $crate::redact::Redacted<$crate::extra::Extra>; $(#[$meta])* struct $name $($rest)+ }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
    (
        $(#[$meta:meta])*
        struct $name:ident {
            required { $( $(#[$rmeta:meta])* $required:ident : $rty:ty $([ $rfirst:literal $(| $rmore:literal)* ])? ),* $(,)? }
            optional { $( $(#[$ometa:meta])* $optional:ident : $oty:ty $([ $ofirst:literal $(| $omore:literal)* ])? ),* $(,)? }
        }
    ) => {
        $crate::extra::model_struct! {
            $crate::extra::Extra;
            $(#[$meta])*
            #[derive(Debug)]
            struct $name {
                required { $( $(#[$rmeta])* $required : $rty $([ $rfirst $(| $rmore)* ])? ),* }
                optional { $( $(#[$ometa])* $optional : $oty $([ $ofirst $(| $omore)* ])? ),* }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $( map.serialize_entry($crate::extra::wire_name!($required $([$rfirst])?), &self.$required)?; )*
                $( map.serialize_entry($crate::extra::wire_name!($optional $([$ofirst])?), &self.$optional)?; )*
                for (key, value) in &self.extra {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    };
}

macro_rules! model_struct {
    (
        $extra:ty;
        $(#[$meta:meta])*
        struct $name:ident {
            required { $( $(#[$rmeta:meta])* $required:ident : $rty:ty $([ $rfirst:literal $(| $rmore:literal)* ])? ),* $(,)? }
            optional { $( $(#[$ometa:meta])* $optional:ident : $oty:ty $([ $ofirst:literal $(| $omore:literal)* ])? ),* $(,)? }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$rmeta])* pub $required : $rty, )*
            $( $(#[$ometa])* pub $optional : $oty, )*
            /// What else the server said.
            pub extra: $extra,
        }

        impl $name {
            /// One with just what the server always says, to be filled in; for tests of your own.
            #[must_use]
            pub fn new($( $required : impl Into<$rty> ),*) -> Self {
                Self {
                    $( $required: $required.into(), )*
                    $( $optional: Default::default(), )*
                    extra: Default::default(),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $( let mut $required = None::<$rty>; )*
                        $( let mut $optional = None::<$oty>; )*
                        let mut extra = $crate::extra::Extra::new();
                        while let Some(key) = map.next_key::<$crate::extra::Key<'de>>()? {
                            match key.as_str() {
                                $( $crate::extra::wire_name!($required $([$rfirst])?) => {
                                    $crate::extra::current(&mut $required, &mut map)?;
                                } )*
                                $( $crate::extra::wire_name!($optional $([$ofirst])?) => {
                                    $crate::extra::current(&mut $optional, &mut map)?;
                                } )*
                                other => {
                                    extra.insert(other.to_owned(), map.next_value()?);
                                }
                            }
                        }
                        $( $( $( $crate::extra::older(&mut $required, &mut extra, $rmore)?; )* )? )*
                        $( $( $( $crate::extra::older(&mut $optional, &mut extra, $omore)?; )* )? )*
                        Ok($name {
                            $( $required: $crate::extra::present(
                                $required,
                                $crate::extra::wire_name!($required $([$rfirst])?),
                            )?, )*
                            $( $optional: $optional.unwrap_or_default(), )*
                            extra: extra.into(),
                        })
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    };
}

macro_rules! wire_name {
    ($field:ident [$name:literal]) => {
        $name
    };
    ($field:ident) => {
        stringify!($field)
    };
}

pub(crate) use {model, model_struct, wire_name};

/// Reads a field under its current name.
pub(crate) fn current<'de, T, A>(field: &mut Option<T>, map: &mut A) -> Result<(), A::Error>
where
    T: serde::Deserialize<'de>,
    A: serde::de::MapAccess<'de>,
{
    if let Some(value) = map.next_value::<Option<T>>()? {
        *field = Some(value);
    }
    Ok(())
}

/// Takes a field under an older name out of `extra`, but only if the current name said nothing: beside that, the older
/// name may well mean something else, and stays where it is.
pub(crate) fn older<T, E>(field: &mut Option<T>, extra: &mut Extra, name: &'static str) -> Result<(), E>
where
    T: serde::de::DeserializeOwned,
    E: serde::de::Error,
{
    if field.is_some() || extra.get(name).is_none_or(Value::is_null) {
        return Ok(());
    }
    let value = extra.remove(name).unwrap_or_default();
    *field =
        Some(serde_path_to_error::deserialize(value).map_err(|e| match e.path().to_string().as_str() {
            "." => E::custom(format_args!("{name}: {}", e.inner())),
            path if path.starts_with('[') => E::custom(format_args!("{name}{path}: {}", e.inner())),
            path => E::custom(format_args!("{name}.{path}: {}", e.inner())),
        })?);
    Ok(())
}

pub(crate) fn present<T, E: serde::de::Error>(field: Option<T>, name: &'static str) -> Result<T, E> {
    field.ok_or_else(|| E::missing_field(name))
}

/// A key of a JSON object, borrowed where it can be.
pub(crate) enum Key<'de> {
    Borrowed(&'de str),
    Owned(Box<str>),
}

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(key) => key,
            Self::Owned(key) => key,
        }
    }
}

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field name")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key::Borrowed(key))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key::Owned(key.into()))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(unreachable_pub)]

    model! {
        /// A test's response.
        struct Thing {
            required {
                /// Its id.
                id: String,
            }
            optional {
                /// Its size.
                size: Option<u32>["size_gb" | "size"],
                /// Its tags.
                tags: Vec<String>,
            }
        }
    }

    fn read(json: &str) -> Result<Thing, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn what_it_does_not_know_comes_out_again() {
        let json = r#"{"id":"a","size_gb":null,"tags":["x"],"new":{"deep":[1,2]},"z":null}"#;
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
    }

    #[test]
    fn the_current_name_beats_the_old_one_in_any_order() {
        for json in [r#"{"id":"a","size":1,"size_gb":2}"#, r#"{"id":"a","size_gb":2,"size":1}"#] {
            assert_eq!(read(json).unwrap().size, Some(2));
        }
        assert_eq!(read(r#"{"id":"a","size":1}"#).unwrap().size, Some(1));
    }

    #[test]
    fn an_old_name_beside_the_current_one_may_mean_anything_and_is_kept() {
        let json = r#"{"id":"a","size_gb":2,"tags":[],"size":"large"}"#;
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
        assert!(read(r#"{"id":"a","size":"large"}"#).unwrap_err().starts_with("size: invalid type"));
    }

    #[test]
    fn a_required_field_is_named_when_it_is_missing_or_null() {
        for json in ["{}", r#"{"id":null}"#] {
            assert!(read(json).unwrap_err().contains("missing field `id`"));
        }
    }

    #[test]
    fn null_and_absent_lists_are_empty() {
        assert_eq!(read(r#"{"id":"a","tags":null}"#).unwrap(), Thing::new("a"));
    }
}
