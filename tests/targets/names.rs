//! Names of outputs: one that passes leads down, on every platform, said anew and without the rules of the parser.

use std::path::{Component, Path};

use tensorpool_core::transfer::RelPath;

/// Fails unless this name, which passed, is made of plain parts that no common file system takes for anything else.
pub fn check(name: &str, path: &RelPath) {
    assert_eq!(path.as_str(), name, "it is taken as it is or not at all");
    let parts: Vec<_> = Path::new(name).components().collect();
    assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))), "{name:?}");
    assert_eq!(parts.len(), path.parts().count(), "{name:?}");
    assert_eq!(path.directories().count() + 1, parts.len(), "{name:?}");
    assert_eq!(path.file_name(), name.rsplit('/').next().unwrap(), "{name:?}");
    assert!(!name.contains('\\') && !name.contains(char::is_control), "{name:?}");
    let bytes = name.as_bytes();
    assert!(!(bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic()), "{name:?}");
    assert!(name.len() <= 1024, "{name:?}");
    for part in path.parts() {
        assert!(!part.is_empty() && part.len() <= 255, "{name:?}");
        assert!(!part.ends_with(['.', ' ']) && !part.starts_with(' '), "{name:?}");
        let lower = part.to_ascii_lowercase();
        assert!(lower != ".git" && !lower.ends_with(".tp-part"), "{name:?}");
        let stem = lower.split(['.', ':']).next().unwrap().trim_end_matches(' ');
        assert!(!["con", "prn", "aux", "nul", "com1", "lpt9"].contains(&stem), "{name:?}");
        // Neither shown nor compared: these are what two names that look the same differ in.
        assert!(!part.contains(['\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{feff}']), "{name:?}");
    }
}

pub(super) fn rel_path(data: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(data) else { return false };
    match RelPath::parse(name) {
        Ok(path) => {
            check(name, &path);
            true
        }
        Err(refusal) => {
            assert!(!refusal.to_string().contains(char::is_control));
            false
        }
    }
}
