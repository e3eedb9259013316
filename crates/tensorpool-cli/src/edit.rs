//! Edits of other programs' configuration: what will change is known before it is written.

pub(crate) mod atomic;
pub(crate) mod ini;
