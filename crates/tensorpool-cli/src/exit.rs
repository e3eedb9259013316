//! `Exit`: what the exit code of `tp` says.

/// How a command ended, as a script can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Ok = 0,
    /// It failed, or the engine refused it.
    Failed = 1,
    /// The command line is wrong, or a question would have to be asked and there is no terminal. Nothing was sent.
    Usage = 2,
    /// The user said no. Nothing was sent.
    Declined = 3,
    /// There is no key, or the engine does not accept it.
    Authentication = 4,
    /// There is no such thing.
    NotFound = 5,
    /// Its state forbids it, or it is protected.
    Conflict = 6,
    /// The balance does not suffice.
    NoBalance = 7,
    /// `tp` stopped waiting; the operation goes on.
    TimedOut = 8,
    /// The engine could not be reached, or its answer was lost.
    Network = 9,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// Every way to end, in order.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::Declined,
        Self::Authentication,
        Self::NotFound,
        Self::Conflict,
        Self::NoBalance,
        Self::TimedOut,
        Self::Network,
        Self::Interrupted,
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Its name in errors as JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Declined => "declined",
            Self::Authentication => "authentication",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::NoBalance => "no_balance",
            Self::TimedOut => "timed_out",
            Self::Network => "network",
            Self::Interrupted => "interrupted",
        }
    }

    /// What it says, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Usage => "usage, or a question without a terminal; nothing was sent",
            Self::Declined => "declined; nothing was sent",
            Self::Authentication => "no key, or not accepted",
            Self::NotFound => "not found",
            Self::Conflict => "conflict, or protected",
            Self::NoBalance => "no balance",
            Self::TimedOut => "timed out; the operation goes on",
            Self::Network => "network",
            Self::Interrupted => "interrupted",
        }
    }
}
