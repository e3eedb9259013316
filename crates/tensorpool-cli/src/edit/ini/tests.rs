//! What an edit keeps, on chosen files and on random ones.

use super::{Line, Refused, Section, changes, line_of};

const TEXT: &str = "[tp]\ntype = s3\nsecret_access_key = a\\1b\\g<0>$1\n";

fn section() -> Section {
    Section::read("tp", TEXT).unwrap()
}

fn put(file: &str) -> String {
    String::from_utf8(section().put_into(file.as_bytes())).unwrap()
}

const BODY: &str = "type = s3\nsecret_access_key = a\\1b\\g<0>$1\n";

#[test]
fn it_is_appended_where_there_is_none() {
    assert_eq!(put(""), format!("[tp]\n{BODY}"));
    assert_eq!(put("[a]\nb = c"), format!("[a]\nb = c\n\n[tp]\n{BODY}"));
    assert_eq!(put("[tpx]\n[x tp]\n#[tp]\n"), format!("[tpx]\n[x tp]\n#[tp]\n\n[tp]\n{BODY}"));
    assert_eq!(put("[a]\r\nb = c\r\n"), format!("[a]\nb = c\n\n[tp]\n{BODY}").replace('\n', "\r\n"));
    assert_eq!(put("\u{feff}"), format!("\u{feff}[tp]\n{BODY}"));
}

#[test]
fn only_its_own_settings_are_replaced() {
    let before = "; mine\n[tp] \ntype=gcs\n# why\nno_check_bucket = true\n\n# the next one\n[b]\ntype = x\n";
    let after =
        format!("; mine\n[tp] \n# why\nno_check_bucket = true\n{BODY}\n# the next one\n[b]\ntype = x\n");
    assert_eq!(put(before), after);
    assert_eq!(put(&after), after);
    // Twice the same section: the later one would win, so it does not keep old keys either.
    assert_eq!(put("[tp]\ntype = a\n[tp]\ntype = b\nx = 1\n"), format!("[tp]\n{BODY}[tp]\nx = 1\n"));
    // A value of several lines goes with its setting, another's stays.
    assert_eq!(
        put("[tp]\ntype =\n  part = 1\ns3 =\n  part = 2\n"),
        format!("[tp]\ns3 =\n  part = 2\n{BODY}")
    );
    assert_eq!(put("\u{feff}[tp]\ntype = a"), format!("\u{feff}[tp]\n{BODY}"));
    assert_eq!(put("[tp]\nTYPE = a\nx = y"), format!("[tp]\nx = y\n{BODY}"));
}

#[test]
fn what_is_not_a_plain_section_is_refused() {
    let refused = |name: &str, text: &str| Section::read(name, text).err();
    assert_eq!(refused("t]\n[default", TEXT), Some(Refused::Name));
    assert_eq!(refused("", TEXT), Some(Refused::Name));
    assert_eq!(refused("tp", "[tp]\na = b\n[default]\nc = d"), Some(Refused::Other("default".to_owned())));
    assert_eq!(refused("tp", "[tp]\ra = b\r[default]\r"), Some(Refused::Other("default".to_owned())));
    for key in ["credential_process", "Bearer_Token_Command", "global.http_proxy", "ssh", "a b"] {
        assert_eq!(refused("tp", &format!("[tp]\n{key} = x")), Some(Refused::Setting(key.to_owned())));
    }
    assert_eq!(refused("tp", "[tp]\n# none\n"), Some(Refused::Empty));
    assert_eq!(refused("tp", "[tp]\na = b\u{1b}[31m"), Some(Refused::Setting("a".to_owned())));
}

#[test]
fn what_changes_is_shown_without_secrets() {
    let shown = changes(b"[a]\nb = c\n", &section().put_into(b"[a]\nb = c\n"));
    assert_eq!(shown, ["+ ", "+ [tp]", "+ type = s3", "+ secret_access_key = ****"]);
    assert!(changes(TEXT.as_bytes(), &section().put_into(TEXT.as_bytes())).is_empty());
}

/// Pieces that files are made of, and that edits stumble over.
const PIECES: &[&[u8]] = &[
    b"[tp]",
    b"[ tp ]",
    b"[tp]]",
    b"[other]",
    b"[",
    b"]",
    b"type = s3",
    b"type=gcs",
    b"  type = x",
    b"TYPE: y",
    b"secret_access_key = old\\1",
    b"mine = 1",
    b"  more = 2",
    b"\tdeep",
    b"# note",
    b"; note",
    b"",
    b" ",
    b"\\",
    b"\\g<0>",
    b"$1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=",
    b"caf\xc3\xa9 = 1",
];
const ENDS: &[&[u8]] = &[b"\n", b"\n", b"\r\n", b"\r", b""];

fn random_file(rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut file = Vec::new();
    for _ in 0..rng.usize(..14) {
        if rng.u8(..8) == 0 {
            file.extend(std::iter::repeat_with(|| rng.u8(..)).take(5).collect::<Vec<_>>());
        }
        file.extend_from_slice(PIECES[rng.usize(..PIECES.len())]);
        file.extend_from_slice(ENDS[rng.usize(..ENDS.len())]);
    }
    file
}

/// The lines outside the section, and its comments: told apart without the code under test.
fn foreign(file: &[u8]) -> Vec<Vec<u8>> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (at, line) in file.split_inclusive(|b| *b == b'\n').enumerate() {
        let bare = if at == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        let word = bare.trim_ascii();
        let comment = word.is_empty() || word[0] == b'#' || word[0] == b';';
        if !comment && word[0] == b'[' {
            let end = word.iter().rposition(|b| *b == b']').unwrap_or(word.len());
            inside = word[1..end].trim_ascii() == b"tp";
        }
        if !inside || comment {
            lines.push(line.to_vec());
        }
    }
    lines
}

#[test]
fn on_any_file_the_foreign_lines_stay_and_a_second_edit_changes_nothing() {
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut replaced, mut appended) = (0, 0);
    for round in 0..100_000 {
        let file = random_file(&mut rng);
        let section = section();
        let once = section.put_into(&file);
        assert_eq!(section.put_into(&once), once, "round {round}: {file:?}");

        let had = file.split(|b| *b == b'\n').enumerate().any(|(at, line)| {
            let line = if at == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
            matches!(line_of(line), Line::Header(b"tp"))
        });
        if had {
            replaced += 1;
            let (before, after) = (foreign(&file), foreign(&once));
            // Only the end of the last line may be added to, where something now follows it.
            let end = |lines: &[Vec<u8>]| lines.concat().trim_ascii_end().to_vec();
            assert_eq!(end(&before), end(&after), "round {round}: {file:?}");
        } else {
            appended += 1;
            assert!(once.starts_with(&file), "round {round}: {file:?}");
        }
        let text = String::from_utf8_lossy(&once).into_owned();
        for line in BODY.lines() {
            assert!(text.contains(line), "round {round}: {file:?}");
        }
    }
    assert!(replaced > 10_000 && appended > 10_000, "{replaced} {appended}");
}

#[test]
fn any_text_that_is_taken_stands_in_the_file_and_a_second_edit_changes_nothing() {
    let mut rng = fastrand::Rng::with_seed(11);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..100_000 {
        // Many pieces are refused, so that long texts nearly always are.
        let text: Vec<u8> = (0..rng.usize(..4))
            .flat_map(|_| [PIECES[rng.usize(..PIECES.len())], ENDS[rng.usize(..ENDS.len())]].concat())
            .collect();
        let text = String::from_utf8_lossy(&text).into_owned();
        let Ok(section) = Section::read("tp", &text) else {
            refused += 1;
            continue;
        };
        taken += 1;
        let file = random_file(&mut rng);
        let once = section.put_into(&file);
        assert_eq!(section.put_into(&once), once, "round {round}: {text:?} into {file:?}");
        let shown: Vec<_> = once.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).collect();
        for line in &section.settings {
            assert!(shown.contains(&line.as_bytes()), "round {round}: {text:?} into {file:?}");
        }
    }
    assert!(taken > 10_000 && refused > 10_000, "{taken} {refused}");
}
