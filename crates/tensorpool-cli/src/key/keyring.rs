//! The keyring of the system, which may be locked, absent or asleep: nobody waits for it long.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring::{Entry, Error};

/// How long it may take. A locked keyring asks its owner, who may not be there.
const LIMIT: Duration = Duration::from_secs(3);
const SERVICE: &str = "tensorpool";

/// Whether it may be used: `TP_KEYRING=off` says no.
pub(crate) fn allowed() -> bool {
    !std::env::var("TP_KEYRING").is_ok_and(|value| matches!(value.as_str(), "off" | "0" | "false"))
}

/// The key saved as `profile`; why not, otherwise.
pub(crate) fn get(profile: &str) -> Result<String, String> {
    within(profile, |entry| entry.get_password())
}

/// Saves a key as `profile`, in place of the one that was there.
pub(crate) fn set(profile: &str, key: &str) -> Result<(), String> {
    let key = key.to_owned();
    within(profile, move |entry| {
        entry.set_password(&key)?;
        // What cannot be read back was not saved, whatever the keyring says.
        if entry.get_password()? == key { Ok(()) } else { Err(Error::NoEntry) }
    })
}

/// Removes the key saved as `profile`; that there is none is no failure.
pub(crate) fn remove(profile: &str) -> Result<(), String> {
    within(profile, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        result => result,
    })
}

fn within<R: Send + 'static>(
    profile: &str,
    act: impl FnOnce(&Entry) -> Result<R, Error> + Send + 'static,
) -> Result<R, String> {
    if !allowed() {
        return Err("it is switched off by TP_KEYRING".to_owned());
    }
    let profile = profile.to_owned();
    limited(LIMIT, move || Entry::new(SERVICE, &profile).and_then(|entry| act(&entry)).map_err(|e| said(&e)))
}

/// Runs `act` beside, and leaves it behind if it takes too long: it ends with the program.
fn limited<R: Send + 'static>(
    limit: Duration,
    act: impl FnOnce() -> Result<R, String> + Send + 'static,
) -> Result<R, String> {
    let (answer, answers) = mpsc::channel();
    let started = thread::Builder::new().spawn(move || answer.send(act()));
    started.map_err(|error| error.to_string())?;
    match answers.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(format!("no answer within {} s; it may be locked", limit.as_secs()))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("it ended without an answer".to_owned()),
    }
}

/// Some of these errors carry what was stored, so that only kinds and the system's own words are shown.
fn said(error: &Error) -> String {
    match error {
        Error::NoEntry => "it holds no such key".to_owned(),
        Error::NoStorageAccess(why) | Error::PlatformFailure(why) => why.to_string(),
        Error::BadEncoding(_) => "it holds what is not text".to_owned(),
        _ => "it refused".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_that_never_answers_is_left_behind() {
        let (_held, never) = mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let said = limited(limit, move || never.recv().map_err(|e| e.to_string())).unwrap_err();
        assert!(said.contains("may be locked"), "{said}");
        assert_eq!(limited(Duration::from_secs(60), || Ok(7)), Ok(7));
    }

    #[test]
    fn what_was_stored_is_not_in_an_error() {
        assert!(!said(&Error::BadEncoding(b"planted".to_vec())).contains("planted"));
    }
}
