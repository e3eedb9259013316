//! What a secret looks like in a snapshot.

use anyhow::Result;
use regex::Regex;

/// A kind of secret: its name, a pattern, and whether the pattern's first group may be a placeholder.
const KINDS: &[(&str, &str)] = &[
    ("a bearer token", r#"(?i)\bbearer\s+([^\s"'`,;]+)"#),
    ("an API token", r#"\b(tp-[0-9A-Za-z][0-9A-Za-z_-]{7,})"#),
    ("the key frame of a WebSocket", r#"TENSORPOOL_KEY\W{0,6}?[:=]\s*\\?["']?([^\s"'\\,}]+)"#),
    ("an access key id", r"\b((?:AKIA|ASIA)[0-9A-Z]{12,})"),
    ("a secret access key", r#"(?i)secret_(?:access_)?key\W{0,6}?[:=]\s*\\?["']?([0-9a-z/+=_-]{16,})"#),
    ("a private key", r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)"),
    (
        "a URL's signature",
        r#"(?i)(?:\b|u0026|%26)(?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature)(?:=|%3d)([^\s"'&\\,)}]+)"#,
    ),
    // The tests plant this word in every secret they make up.
    ("the word that marks a secret in tests", r"(?i)(canary)"),
];

/// Values that say themselves that they are not the secret.
const PLACEHOLDER: &str = r"(?i)^(?:<[^<>]*>|\[[^\[\]]*\]|\*+|x{3,}|…|\.{3}|redacted|sensitive|tp-(?:placeholder|example|…|x{3,}).*)$";

/// The kinds of secrets, compiled.
pub(super) struct Rules {
    kinds: Vec<(&'static str, Regex)>,
    placeholder: Regex,
}

/// A secret that was found. What it is, never its value: this is printed where others read it.
pub(super) struct Finding {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

pub(super) fn rules() -> Result<Rules> {
    let compile = |&(what, pattern): &(&'static str, &str)| Ok((what, Regex::new(pattern)?));
    Ok(Rules {
        kinds: KINDS.iter().map(compile).collect::<Result<_>>()?,
        placeholder: Regex::new(PLACEHOLDER)?,
    })
}

/// The secrets in a text.
pub(super) fn search(rules: &Rules, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (what, pattern) in &rules.kinds {
            let values = pattern.captures_iter(line).filter_map(|captures| captures.get(1));
            if values.into_iter().any(|value| !rules.placeholder.is_match(value.as_str())) {
                findings.push(Finding { line: number, what });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        search(&rules().unwrap(), text).iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn secrets_are_found() {
        for (text, what) in [
            ("authorization: Bearer abc123", "a bearer token"),
            (r#"{"a": "bearer eyJhbGciOiJIUzI1NiJ9.e30.x"}"#, "a bearer token"),
            ("token tp-4f9a8b7c6d5e", "an API token"),
            (r#"SEND {"TENSORPOOL_KEY": "k1"}"#, "the key frame of a WebSocket"),
            (r#"SEND "{\"TENSORPOOL_KEY\":\"k1\"}""#, "the key frame of a WebSocket"),
            ("TENSORPOOL_KEY=k1", "the key frame of a WebSocket"),
            ("access_key_id: AKIAIOSFODNN7EXAMPLE", "an access key id"),
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a secret access key"),
            (r#""secret_access_key": "wJalrXUtnFEMI/K7MDENG","#, "a secret access key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
            ("-----BEGIN PRIVATE KEY-----", "a private key"),
            ("https://s3.example/a?X-Amz-Date=1&X-Amz-Signature=fe5f80", "a URL's signature"),
            (r#""https://s3.example/a?b=1\u0026X-Amz-Signature=fe5f80""#, "a URL's signature"),
            ("https://blob.example/a?sv=1&sig=Zm9v%3D", "a URL's signature"),
            ("u=https%3A%2F%2Fblob.example%2Fa%3Fsv%3D1%26sig%3DZm9v", "a URL's signature"),
            ("https://cdn.example/a?Expires=1&Signature=abc", "a URL's signature"),
            ("body: tp-canary", "the word that marks a secret in tests"),
        ] {
            assert_eq!(found(text), [what], "{text}");
        }
    }

    #[test]
    fn placeholders_and_ordinary_text_are_not_secrets() {
        for text in [
            "authorization: <sensitive>",
            "Authorization: Bearer <token>",
            "the bearer",
            r#"{"TENSORPOOL_KEY": "<sensitive>"}"#,
            "SEND <sensitive>",
            "token tp-placeholder-1",
            "tp-…",
            "tp-xxxxxxxx",
            "remote_name: \"tp\"",
            "http-status tp-1",
            "secret_access_key: Redacted,",
            "secret_access_key: Some(Redacted)",
            "download_map: {\"a\": SignedUrl}",
            "https://s3.example/a?X-Amz-Signature=<redacted>&b=1",
            "design=modern&signal=9&resig=1",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ada@laptop",
            "-----BEGIN CERTIFICATE-----",
            "AKIA",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_placeholder_hides_no_secret_beside_it() {
        assert_eq!(found("a?sig=<redacted>&b=1 c?sig=fe5f80"), ["a URL's signature"]);
        let lines = search(&rules().unwrap(), "---\nsource: a.rs\n---\nBearer abc\n\nBearer def");
        assert_eq!(lines.iter().map(|finding| finding.line).collect::<Vec<_>>(), [4, 6]);
    }
}
