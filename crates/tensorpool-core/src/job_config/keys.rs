//! Keys of a `.tp.toml`: those that have a meaning, those that had one, and what an unknown one was probably meant to be.

/// The keys that have a meaning.
pub(super) const KNOWN: [&str; 3] = ["commands", "outputs", "ignore"];

/// Keys that had a meaning once, whether each was a table, and what to write now (contract §3.8).
const OBSOLETE: [(&str, bool, &str); 8] = [
    (
        "instance_type",
        false,
        "a job runs on a cluster that exists: give the cluster to push, as since 0.0.7 of the official client",
    ),
    ("job", true, "write `commands` at the top level, and give the cluster to push"),
    ("output", true, "write `outputs` at the top level, as an array of strings"),
    ("optimization_priority", false, "choose the cluster, and give it to push"),
    ("gpu", false, GPU),
    ("gpu_count", false, GPU),
    ("vcpus", false, GPU),
    ("memory", false, GPU),
];

const GPU: &str = "the machine is the cluster's: create one of the right instance type, and give it to push";

/// What other tools call the same.
const SYNONYMS: [(&str, &str); 22] = [
    ("cmd", "commands"),
    ("cmds", "commands"),
    ("run", "commands"),
    ("script", "commands"),
    ("scripts", "commands"),
    ("steps", "commands"),
    ("setup", "commands"),
    ("entrypoint", "commands"),
    ("artifacts", "outputs"),
    ("artefacts", "outputs"),
    ("results", "outputs"),
    ("save", "outputs"),
    ("keep", "outputs"),
    ("files", "outputs"),
    ("download", "outputs"),
    ("exclude", "ignore"),
    ("excludes", "ignore"),
    ("excluded", "ignore"),
    ("skip", "ignore"),
    ("ignored", "ignore"),
    ("tpignore", "ignore"),
    ("gitignore", "ignore"),
];

/// What to write instead of an obsolete key.
pub(super) fn replacement(key: &str, is_table: bool) -> Option<&'static str> {
    OBSOLETE.iter().find(|(name, table, _)| *name == key && (!table || is_table)).map(|(.., now)| *now)
}

/// The known key that was probably meant: by another tool's name, or off by a third of its letters at most.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    let key: String = key.trim().to_lowercase().chars().take(40).collect();
    if let Some((_, known)) = SYNONYMS.iter().find(|(name, _)| *name == key) {
        return Some(known);
    }
    let distances = KNOWN.iter().map(|known| (distance(&key, known), *known));
    distances.min().filter(|(distance, known)| distance * 3 <= known.len()).map(|(_, known)| known)
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut last = None;
    for (row, letter) in (1..).zip(from.chars()) {
        let mut current = vec![row];
        for (column, other) in (1..).zip(&to) {
            let cell = |cells: &[usize], at: usize| cells.get(at).copied().unwrap_or(usize::MAX / 2);
            let replaced = cell(&above, column - 1) + usize::from(letter != *other);
            let mut least = replaced.min(cell(&above, column) + 1).min(cell(&current, column - 1) + 1);
            let swapped = column > 1 && to.get(column - 2) == Some(&letter) && last == Some(*other);
            if swapped {
                least = least.min(cell(&before, column - 2) + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
        last = Some(letter);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_the_least_number_of_slips() {
        for (from, to, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("commands", "commands", 0),
            ("comands", "commands", 1),
            ("comamnds", "commands", 1),
            ("commandos", "commands", 1),
            ("kommand", "commands", 2),
            ("ab", "ba", 1),
            ("xyz", "abc", 3),
        ] {
            assert_eq!(distance(from, to), slips, "{from} {to}");
        }
    }

    #[test]
    fn what_was_meant_is_guessed_only_when_it_is_near() {
        for (key, meant) in [
            ("comands", Some("commands")),
            ("Commands", Some("commands")),
            ("command", Some("commands")),
            ("output", Some("outputs")),
            ("ouptuts", Some("outputs")),
            ("ingore", Some("ignore")),
            ("exclude", Some("ignore")),
            ("name", None),
            ("cluster", None),
            ("", None),
            ("📦", None),
        ] {
            assert_eq!(nearest(key), meant, "{key}");
        }
    }
}
