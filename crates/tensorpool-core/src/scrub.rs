//! Servers that repeat the token they refuse: it is taken out of whatever they said before that is shown.

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value};

/// What stands in place of the token.
pub(crate) const SCRUBBED: &str = "<token>";

/// The answer without the token, if it holds it: as it is, or escaped in JSON, or in a header.
pub(crate) fn answer(response: &Response<Bytes>, token: &str) -> Option<Response<Bytes>> {
    if token.is_empty() {
        return None;
    }
    let plain = bytes(response.body(), token.as_bytes());
    let body = escaped(plain.as_deref().unwrap_or(response.body()), token).or(plain);
    let found = |value: &HeaderValue| bytes(value.as_bytes(), token.as_bytes());
    if body.is_none() && !response.headers().values().any(|value| found(value).is_some()) {
        return None;
    }
    let mut clean = response.clone();
    for value in clean.headers_mut().values_mut() {
        if let Some(scrubbed) = found(value) {
            *value = HeaderValue::from_bytes(&scrubbed).unwrap_or(HeaderValue::from_static(SCRUBBED));
        }
    }
    if let Some(body) = body {
        *clean.body_mut() = body.into();
    }
    Some(clean)
}

/// These bytes without the token, if they hold it.
fn bytes(all: &[u8], token: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::new();
    let mut rest = all;
    while let Some(at) = rest.windows(token.len().max(1)).position(|window| window == token) {
        let (before, after) = rest.split_at(at);
        clean.extend_from_slice(before);
        clean.extend_from_slice(SCRUBBED.as_bytes());
        rest = after.get(token.len()..).unwrap_or_default();
    }
    if clean.is_empty() {
        return None;
    }
    clean.extend_from_slice(rest);
    Some(clean)
}

/// This JSON without the token, if it holds it once it is read.
fn escaped(body: &[u8], token: &str) -> Option<Vec<u8>> {
    // Without a backslash nothing is escaped.
    if !body.contains(&b'\\') {
        return None;
    }
    let mut value = serde_json::from_slice(body).ok()?;
    self::value(&mut value, token).then(|| value.to_string().into_bytes())
}

/// Takes the token out of every text and name, and says whether it was there. As deep as JSON was read, which has its limit.
pub(crate) fn value(value: &mut Value, token: &str) -> bool {
    match value {
        Value::String(text) if text.contains(token) => {
            *text = text.replace(token, SCRUBBED);
            true
        }
        Value::Array(values) => {
            values.iter_mut().fold(false, |found, value| self::value(value, token) | found)
        }
        Value::Object(named) => fields(named, token),
        _ => false,
    }
}

/// As [`value`].
pub(crate) fn fields(fields: &mut Map<String, Value>, token: &str) -> bool {
    let mut found = fields.values_mut().fold(false, |found, value| self::value(value, token) | found);
    if fields.keys().any(|name| name.contains(token)) {
        found = true;
        let named = std::mem::take(fields).into_iter();
        *fields = named.map(|(name, value)| (name.replace(token, SCRUBBED), value)).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_as_it_is_escaped_and_in_headers() {
        let token = "tp-a/b";
        for (body, clean) in [
            ("bad tp-a/b!", "bad <token>!"),
            (r#"{"message":"bad tp-a\/b"}"#, r#"{"message":"bad <token>"}"#),
            (r#"{"message":["\u0074p-a/b","tp-a/b"]}"#, r#"{"message":["<token>","<token>"]}"#),
            (r#"{"tp\u002da/b":1}"#, r#"{"<token>":1}"#),
        ] {
            let scrubbed = answer(&Response::new(Bytes::from(body)), token).unwrap();
            assert_eq!(scrubbed.body(), clean);
        }
        let response = Response::builder().header("x-request-id", "r tp-a/b").body(Bytes::new()).unwrap();
        assert_eq!(answer(&response, token).unwrap().headers()["x-request-id"], "r <token>");
        assert!(answer(&Response::new(Bytes::from(r#"{"message":"tp-a\n"}"#)), token).is_none());
    }
}
