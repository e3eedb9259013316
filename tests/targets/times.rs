//! `Retry-After`: seconds, or a date beside the answer's own, or nothing; never a surprise.

use tensorpool_core::http::{HeaderMap, HeaderValue};

/// The header, and after a line break the answer's own date.
pub(super) fn retry_after(data: &[u8]) -> bool {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in ["retry-after", "date"] {
        if let Some(Ok(value)) = parts.next().map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    }
    let told = tensorpool_core::retry_after(&headers);
    let text = headers.get("retry-after").and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        assert_eq!(told.map(|told| told.as_secs()), Some(seconds), "{text:?}");
    }
    if let Some(told) = told {
        assert_eq!(told.subsec_nanos(), 0, "{text:?}");
        assert!(text.starts_with(|c: char| c.is_ascii_digit()) || headers.contains_key("date"), "{text:?}");
    }
    told.is_some()
}
