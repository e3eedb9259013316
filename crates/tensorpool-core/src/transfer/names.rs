//! Names of one set that some file system takes for one.

use std::collections::BTreeMap;

use super::rel_path::{BadName, RelPath};

/// The names taken so far, in every spelling that may be the same.
///
/// Case is folded for all of Unicode, as the standard library knows it. Normalisation forms are not computed, which takes
/// tables. Instead a name is seen as clusters, each a character with the marks that follow it: two names may be one only if
/// they have as many clusters, and each two are equal, or one has a mark (or is a compatibility character) and the other may be
/// its composed form. So a few harmless names are refused beside one in an unusual spelling; none that stands alone, and
/// none of a set in the usual composed form.
#[derive(Debug, Default)]
pub(super) struct Names {
    exact: BTreeMap<String, Taken>,
    /// Names beyond ASCII by what all their spellings have in common.
    rough: BTreeMap<String, Vec<Taken>>,
}

/// An unusual spelling beside so many alike is not compared but refused: comparing all with all would take for ever.
const ALIKE: usize = 512;

#[derive(Clone, Debug)]
struct Taken {
    /// The path as far as this part.
    name: String,
    folded: String,
    /// None for a part in ASCII, which has one spelling.
    rough: Option<String>,
    clusters: Vec<Cluster>,
    /// A directory is shared by many files, which is not a collision.
    directory: bool,
    unusual: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cluster {
    base: char,
    marks: Vec<char>,
}

impl Names {
    /// Takes `path`, or says with which earlier one it collides. What came first stays.
    pub(super) fn take(&mut self, path: &RelPath) -> Result<(), BadName> {
        let steps = steps(path);
        for step in &steps {
            if let Some(other) = self.collision(step) {
                return Err(BadName::Collides(other.name.clone()));
            }
        }
        for step in steps {
            if self.exact.contains_key(&step.folded) {
                continue;
            }
            if let Some(rough) = &step.rough {
                self.rough.entry(rough.clone()).or_default().push(step.clone());
            }
            self.exact.insert(step.folded.clone(), step);
        }
        Ok(())
    }

    fn collision(&self, step: &Taken) -> Option<&Taken> {
        if let Some(other) = self.exact.get(&step.folded) {
            let shared = step.directory && other.directory && step.name == other.name;
            return (!shared).then_some(other);
        }
        let alike = self.rough.get(step.rough.as_ref()?)?;
        if step.unusual && alike.len() > ALIKE {
            return alike.first();
        }
        alike.iter().find(|other| (step.unusual || other.unusual) && may_be_one(step, other))
    }
}

/// Each directory on the way, and the file.
fn steps(path: &RelPath) -> Vec<Taken> {
    let whole = path.as_str();
    let mut steps = Vec::new();
    let mut end = 0;
    for part in path.parts() {
        let parent = folded(whole.get(..end).unwrap_or_default());
        end += part.len() + usize::from(end > 0);
        let name = whole.get(..end).unwrap_or(whole).to_owned();
        let part = folded(part);
        let clusters = clusters(&part);
        steps.push(Taken {
            folded: folded(&name),
            rough: (!part.is_ascii()).then(|| format!("{parent}/{} {}", rough(&part), clusters.len())),
            clusters,
            directory: end < whole.len(),
            unusual: part.chars().any(may_be_spelled_otherwise),
            name,
        });
    }
    steps
}

fn clusters(part: &str) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for c in part.chars() {
        match clusters.last_mut() {
            Some(cluster) if is_mark(c) => cluster.marks.push(c),
            _ => clusters.push(Cluster { base: c, marks: Vec::new() }),
        }
    }
    clusters
}

fn may_be_one(a: &Taken, b: &Taken) -> bool {
    let unusual = |cluster: &Cluster| !cluster.marks.is_empty() || may_be_spelled_otherwise(cluster.base);
    let composed = |cluster: &Cluster| !cluster.base.is_ascii() || !cluster.marks.is_empty();
    let one = |a: &Cluster, b: &Cluster| a == b || (unusual(a) && composed(b)) || (unusual(b) && composed(a));
    a.clusters.len() == b.clusters.len() && a.clusters.iter().zip(&b.clusters).all(|(a, b)| one(a, b))
}

/// Whether a character belongs to the one before it: those of the list below that are no characters by themselves.
fn is_mark(c: char) -> bool {
    let alone = matches!(
        u32::from(c),
        0x374 | 0x37e | 0x387 | 0x958..=0x95f | 0x9dc..=0x9df | 0xa33..=0xa36 | 0xa59..=0xa5e | 0xb5c | 0xb5d
            | 0x1f71..=0x1fff | 0x2000..=0x2001 | 0x2126 | 0x212a | 0x212b | 0x2329 | 0x232a
            | 0xf39..=0xf70 | 0xf900..=0xfaff | 0xfb1d..=0xfb4e | 0x2f800..=0x2fa1d | 0x1100..=0x115f
            | 0x11000..=0x110b9 | 0x1d15e..=0x1d164
    );
    may_be_spelled_otherwise(c) && !alone
}

/// Up, then down: so that `ß` meets `SS`, and both sigmas meet.
fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// What every spelling of a name has in common: no canonical decomposition makes or takes these characters.
fn rough(folded: &str) -> String {
    folded
        .chars()
        .filter(|c| c.is_ascii() && !c.is_ascii_alphabetic() && !matches!(c, '<' | '=' | '>'))
        .collect()
}

/// Whether a character is part of another spelling than the composed one; wider than Unicode's own list.
fn may_be_spelled_otherwise(c: char) -> bool {
    matches!(
        u32::from(c),
        // Combining marks of European and Semitic scripts, and for symbols.
        0x300..=0x36f | 0x483..=0x487 | 0x591..=0x5c7 | 0x610..=0x61a | 0x64b..=0x65f | 0x670
            | 0x6d6..=0x6ed | 0x711 | 0x730..=0x74a | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff
            | 0xfe20..=0xfe2f
            // Characters that are always written as another.
            | 0x374 | 0x37e | 0x387 | 0x1f71..=0x1fff | 0x2000..=0x2001 | 0x2126 | 0x212a | 0x212b
            | 0x2329 | 0x232a | 0xf900..=0xfaff | 0xfb1d..=0xfb4e | 0x2f800..=0x2fa1d
            // Indic and South-East Asian signs that compose.
            | 0x93c | 0x958..=0x95f | 0x9bc | 0x9be | 0x9d7 | 0x9dc..=0x9df | 0xa33..=0xa3c
            | 0xa59..=0xa5e | 0xb3c | 0xb3e | 0xb56 | 0xb57 | 0xb5c | 0xb5d | 0xbbe | 0xbd7 | 0xc56 | 0xcc2
            | 0xcd5 | 0xcd6 | 0xd3e | 0xd57 | 0xdca | 0xdcf | 0xddf | 0xf39..=0xfb9 | 0x102e | 0x1b35
            | 0x11000..=0x11fff
            // Korean letters by themselves, Japanese voicing marks.
            | 0x1100..=0x11ff | 0x302a..=0x302f | 0x3099..=0x309a
            | 0x1d15e..=0x1d1c0
    )
}
