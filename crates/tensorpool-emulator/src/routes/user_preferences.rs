//! What the user prefers, and the rules of thresholds (contract §7.7).

use serde_json::json;
use tensorpool_core::model::Usd;

use crate::answer::{Answered, Issue, Refusal, ok};
use crate::call::Call;
use crate::form::Form;
use crate::state::State;

pub(super) fn get(state: &State, call: &Call<'_>) -> Answered {
    let uid = &state.user(call)?.uid;
    ok(&state.preferences.get(uid).cloned().unwrap_or_default().0)
}

/// The thresholds' names, and what each must be: more than, or at least.
const WARNING: &str = "balance_warning_threshold";
const RELOAD: &str = "autopay_reload_threshold";

pub(super) fn edit(state: &mut State, call: &Call<'_>) -> Answered {
    let user = state.user(call)?;
    let (uid, payment_method) = (user.uid.clone(), user.payment_method);
    let mut new = state.preferences.get(&uid).cloned().unwrap_or_default();
    let preferences = &mut new.0;

    let mut form = Form::read(call.body)?;
    let flags = [
        ("notify_email_cluster_create", &mut preferences.notify_email_cluster_create),
        ("notify_email_cluster_destroy", &mut preferences.notify_email_cluster_destroy),
        ("autopay_enabled", &mut preferences.autopay_enabled),
    ];
    for (name, value) in flags {
        if let Some(on) = form.boolean(&[name]) {
            *value = on;
        }
    }
    let thresholds = [
        (WARNING, &mut preferences.balance_warning_threshold),
        (RELOAD, &mut preferences.autopay_reload_threshold),
    ];
    for (name, value) in thresholds {
        // That null clears a threshold is inferred: PATCH is partial, and otherwise nothing could.
        if form.has(&[name]) {
            *value = form.number(&[name]).map(Usd);
        }
    }
    if let Some(warning) = preferences.balance_warning_threshold.filter(|usd| usd.0 <= 0.0) {
        let issue =
            Issue::new("greater_than", &["body", WARNING], "Input should be greater than 0", json!(warning));
        form.issue(issue.context(json!({ "gt": 0.0 })));
    }
    if let Some(reload) = preferences.autopay_reload_threshold.filter(|usd| usd.0 < 20.0) {
        let message = "Input should be greater than or equal to 20";
        let issue = Issue::new("greater_than_equal", &["body", RELOAD], message, json!(reload));
        form.issue(issue.context(json!({ "ge": 20.0 })));
    }
    form.check()?;

    // These look at more than one field, or at the account: the application's own errors, by inference.
    let (warning, reload) = (preferences.balance_warning_threshold, preferences.autopay_reload_threshold);
    if warning.zip(reload).is_some_and(|(warning, reload)| warning <= reload) {
        return Err(Refusal::bad_request(format!("{WARNING} must be more than {RELOAD}")));
    }
    if preferences.autopay_enabled && reload.is_none() {
        return Err(Refusal::bad_request(format!("autopay needs {RELOAD}")));
    }
    if preferences.autopay_enabled && !payment_method {
        return Err(Refusal::bad_request("autopay needs a saved default payment method"));
    }
    let answer = ok(&new.0);
    state.preferences.insert(uid, new);
    answer
}
