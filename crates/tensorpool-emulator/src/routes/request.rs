//! How far an operation has come (contract §8).

use std::time::Duration;

use crate::answer::{Answered, Refusal, ok, retry_after};
use crate::call::Call;
use crate::state::State;

pub(super) fn info(state: &State, call: &Call<'_>) -> Answered {
    let (owner, id) = (state.owner(call)?, call.parameter());
    let request = state.requests.get(id).filter(|request| owner.reaches(&request.owner));
    let request = request.ok_or_else(|| Refusal::not_found("Request", id))?;
    let answer = ok(&request.info(state.config.epoch))?;
    Ok(match request.next {
        Some(next) => retry_after(answer, seconds(next.since(call.now)).clamp(1, 10)),
        None => answer,
    })
}

/// Whole seconds, rounded up.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
