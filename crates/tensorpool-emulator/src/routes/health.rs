//! Whether the engine is up, and whether it accepts a client (contract §7.9).

use http::StatusCode;
use serde_json::json;

use crate::answer::{Answered, Refusal, json, ok};
use crate::call::Call;
use crate::form::Form;
use crate::state::State;

pub(crate) fn healthz() -> Answered {
    ok(&json!({ "status": "ok" }))
}

pub(super) fn check(state: &State, call: &Call<'_>) -> Answered {
    let mut form = Form::read(call.body)?;
    let version = form.required_text(&["package_version"]);
    form.check()?;
    match &state.config.minimum_version {
        // The status is a guess: any but 200 stops the official client, which prints the message.
        Some(minimum) if numbers(&version) < numbers(minimum) => Err(Refusal::bad_request(format!(
            "Please upgrade the tensorpool package: version {version} is too old, {minimum} is needed"
        ))),
        _ => Ok(json(StatusCode::OK, &json!({ "message": null }))),
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}
