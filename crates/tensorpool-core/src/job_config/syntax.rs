//! Advice for what is not TOML: the parser says what it expected, not what people mean who write such things.

/// What the parser said, or plainer words where its own mislead, and what to do; empty where nothing is known.
pub(super) fn explain<'m>(text: &str, at: usize, message: &'m str) -> (&'m str, &'static str) {
    let rest = text.get(at..).unwrap_or_default().lines().next().unwrap_or_default().trim();
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default().trim_start();
    let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));

    if begins(&["<<<<<<<", "=======", ">>>>>>>"]) || line.starts_with("=======") {
        return (message, "settle the merge conflict");
    }
    if rest.contains(['“', '”', '‘', '’', '„']) {
        return (message, "write straight quotes: \" or '");
    }
    if message.starts_with("string values must be quoted") {
        if rest.is_empty() || begins(&["#"]) {
            return ("the value is missing", "write key = [\"…\"]");
        }
        return ("a string without quotes", "put it in quotes");
    }
    if message.contains("escaped value") || message.contains("unicode value") {
        return (message, "in single quotes a backslash is only a backslash: '…'");
    }
    if message.starts_with("duplicate key") {
        return ("this key is there already", "take one of them out");
    }
    if message.starts_with("invalid boolean") {
        return (message, "write true or false");
    }
    if begins(&[":"]) {
        return (message, "write key = value, with an equals sign");
    }
    if begins(&["{"]) && line.is_empty() {
        return (message, "this looks like JSON: write key = value, one a line, without the outer braces");
    }
    if begins(&["//", "/*"]) {
        return (message, "a comment begins with #");
    }
    (message, "")
}

/// Whether a string, as it is written, has an escape that TOML 1.0 did not have.
pub(super) fn is_new(written: &str) -> bool {
    let mut chars = written.starts_with('"').then(|| written.chars()).into_iter().flatten();
    while let Some(c) = chars.next() {
        if c == '\\' && matches!(chars.next(), Some('e' | 'x')) {
            return true;
        }
    }
    false
}
