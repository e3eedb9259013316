//! What `tp` prints: the help of every command, and its data and errors in each form. Snapshots are under `snapshots/`.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

/// A snapshot under the name it is given, without what the module or the expression would add.
macro_rules! assert_printed {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

mod forms;
mod help;
mod world;
