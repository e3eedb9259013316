//! The operating system a command is made for.

use crate::wire_enum::wire_enum;

wire_enum! {
    /// The caller's operating system, for which the server writes a command (contract §3.4, §7.1).
    pub enum System {
        /// Windows.
        Windows = "windows",
        /// Linux.
        Linux = "linux",
        /// macOS.
        Darwin = "darwin" | "macos",
    }
}

impl System {
    /// The spelling of Python's `platform.system()`, which the official client sends to `/ssh` (contract §13.16).
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Windows => "Windows",
            Self::Linux => "Linux",
            Self::Darwin => "Darwin",
            Self::Unknown(text) => text.as_str(),
        }
    }

    /// The system this code was compiled for.
    #[must_use]
    pub fn current() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Darwin
        } else {
            Self::Linux
        }
    }
}
