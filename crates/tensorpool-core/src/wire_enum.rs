//! `wire_enum!`: enums that survive tomorrow's values.

use std::fmt;

/// A value this version does not know, kept so that it can be shown and written back.
///
/// The text is private on purpose: nobody can match on a string that becomes a variant tomorrow. Use the enum's
/// `as_str` to show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unrecognized(Box<str>);

impl Unrecognized {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unrecognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Declares an enum that is a string on the wire: case-insensitive in, one exact spelling out, and unknown values kept
/// and written back as they came. A variant's first spelling is the one written; further ones are only read.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $first:literal $(| $more:literal)* ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$vmeta])* $variant, )+
            /// A value this version does not know; [`as_str`](Self::as_str) shows it.
            Unknown($crate::wire_enum::Unrecognized),
        }

        impl $name {
            /// Every value this version knows.
            pub const KNOWN: &'static [Self] = &[ $( Self::$variant ),+ ];

            /// The spelling on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $first, )+
                    Self::Unknown(text) => text.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $( if text.eq_ignore_ascii_case($first) $(|| text.eq_ignore_ascii_case($more))* {
                    return Self::$variant;
                } )+
                Self::Unknown($crate::wire_enum::Unrecognized::new(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        Ok($name::from(text))
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}
pub(crate) use wire_enum;

#[cfg(test)]
mod tests {
    #![allow(unreachable_pub)]

    wire_enum! {
        /// A test's enum.
        pub enum Light {
            /// Stop.
            Red = "RED",
            /// Go.
            Green = "GREEN" | "VERDE",
        }
    }

    #[test]
    fn known_values_are_read_in_any_case_and_written_in_one() {
        for (text, light) in [("red", Light::Red), ("GREEN", Light::Green), ("Verde", Light::Green)] {
            assert_eq!(Light::from(text), light);
        }
        assert_eq!(Light::KNOWN.iter().map(Light::as_str).collect::<Vec<_>>(), ["RED", "GREEN"]);
    }

    #[test]
    fn unknown_values_round_trip_untouched() {
        let read: Vec<Light> = serde_json::from_str(r#"["red","Blue-ish","GREEN"]"#).unwrap();
        assert!(matches!(read[1], Light::Unknown(_)));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["RED","Blue-ish","GREEN"]"#);
    }
}
