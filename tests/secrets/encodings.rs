//! The forms a secret may be shown in, and the search for all of them.

/// The forms of one secret.
pub(crate) struct Needles(Vec<(&'static str, String)>);

impl Needles {
    pub(crate) fn of(secret: &str) -> Self {
        let mut all = vec![
            ("plain", secret.to_owned()),
            ("percent-encoded", percent(secret)),
            ("percent-encoded in small letters", percent(secret).to_lowercase()),
            ("in hex", hex(secret.as_bytes())),
            ("in big hex", hex(secret.as_bytes()).to_uppercase()),
            ("with escaped slashes", secret.replace('/', "\\/")),
            ("escaped in JSON", secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect()),
            ("backwards", secret.chars().rev().collect()),
        ];
        // In base64, what stands before decides which bits fall together: three forms, without the ends that others share.
        for (form, before) in [("in base64", 0), ("in base64, one on", 1), ("in base64, two on", 2)] {
            let text = format!("{}{secret}", "x".repeat(before));
            let first = (before * 8).div_ceil(6);
            let last = text.len() * 8 / 6;
            all.push((form, base64(text.as_bytes())[first..last].to_owned()));
        }
        Self(all)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The form it is shown in, over line breaks and spaces too.
    pub(crate) fn find(&self, text: &str) -> Option<&'static str> {
        let joined: String = text.split_whitespace().collect();
        self.0.iter().find(|(_, form)| text.contains(form) || joined.contains(form)).map(|(name, _)| *name)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything but letters, digits and `-._~`.
pub(crate) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all =
            three.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[(all >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}
