//! What was shown already, and whether what comes after a reconnect is that again.
//!
//! Lines are known by their hashes, in a window of the last ones. A line that is in the window exactly once is an *anchor*: it
//! says where in the window a replay is. [`PROOF`] anchors, all in their places, and every line up to the window's end as
//! it was, make a replay; anything less is shown after a gap, since repeating a line beside a mark does less harm than
//! losing one without.
//!
//! Why so many: a server that replays nothing, and a job that says the same again (`train`, `eval`, a second time), look
//! like a replay if the cut fell where one round ended. A round of fewer than `PROOF` different lines has fewer anchors, so
//! it is never taken for one. What is left: a round of that many or more, without a number, a time or anything else that
//! differs from the round before, cut before the second one was over, from a server that does not replay. Nothing in the
//! lines tells that from a replay, and one round of them is not shown. The price is that of a log shorter than that, a
//! replay is shown again beside a mark.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many lines that stand only once in what was shown make a replay.
const PROOF: u32 = 32;

/// The last lines shown.
#[derive(Clone, Debug)]
pub(super) struct History {
    window: VecDeque<u64>,
    /// The position of the window's first line among all lines.
    base: u64,
    places: BTreeMap<u64, Place>,
    most: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    times: u32,
    last: u64,
}

pub(super) fn fingerprint(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

impl History {
    pub(super) fn new(most: usize) -> Self {
        Self { window: VecDeque::new(), base: 0, places: BTreeMap::new(), most: most.max(1) }
    }

    pub(super) fn push(&mut self, line: u64) {
        if self.window.len() >= self.most {
            if let Some(oldest) = self.window.pop_front() {
                self.base += 1;
                if let Some(place) = self.places.get_mut(&oldest) {
                    place.times -= 1;
                    if place.times == 0 {
                        self.places.remove(&oldest);
                    }
                }
            }
        }
        let at = self.end();
        let place = self.places.entry(line).or_insert(Place { times: 0, last: at });
        place.times += 1;
        place.last = at;
        self.window.push_back(line);
    }

    fn end(&self) -> u64 {
        self.base + self.window.len() as u64
    }

    fn at(&self, position: u64) -> Option<u64> {
        let at = usize::try_from(position.checked_sub(self.base)?).ok()?;
        self.window.get(at).copied()
    }

    pub(super) fn knows(&self, line: u64) -> bool {
        self.places.contains_key(&line)
    }

    fn times(&self, line: u64) -> u32 {
        self.places.get(&line).map_or(0, |place| place.times)
    }
}

/// What a line after a reconnect turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Not decided yet; it is held.
    Undecided,
    /// All lines since the reconnect were shown before, and the next one will be new.
    Replayed(u64),
    /// Something may be missing; these are to be shown, the last line included.
    Gap(Vec<String>),
    /// These are lines shown before, or as many new ones like them. They are to be shown as after a gap, but not
    /// remembered twice: that would leave fewer and fewer lines that stand only once.
    Alike(Vec<String>),
}

/// The lines since a reconnect, until it is known what they are.
#[derive(Debug, Default)]
pub(super) struct Join {
    held: Vec<String>,
    bytes: usize,
    prints: Vec<u64>,
    /// Where in the history the next line of a replay is.
    next: Option<u64>,
    anchors: u32,
    lines: u64,
}

impl Join {
    /// The most bytes held while nothing is decided.
    const MOST_BYTES: usize = 4 * 1024 * 1024;
    /// And the most lines that could stand anywhere.
    const MOST_LINES: usize = 4096;

    pub(super) fn take(&mut self, history: &History, line: String) -> Found {
        let print = fingerprint(&line);
        self.lines += 1;
        self.bytes += line.len();
        self.held.push(line);
        self.align(history, print);
        let Some(next) = self.next else { return self.undecided() };
        if history.at(next) != Some(print) {
            return self.gap();
        }
        self.anchors += u32::from(history.times(print) == 1);
        self.next = Some(next + 1);
        if next + 1 < history.end() {
            return self.undecided();
        }
        if self.is_certain() {
            Found::Replayed(self.lines)
        } else {
            Found::Alike(std::mem::take(&mut self.held))
        }
    }

    /// Finds the place in the history once a line stands only there.
    fn align(&mut self, history: &History, print: u64) {
        if self.next.is_some() {
            return;
        }
        match history.places.get(&print) {
            // Never shown: whatever the lines before it were, the replay was over by then, or there was none.
            None => self.next = Some(history.end()),
            Some(place) if place.times == 1 => {
                let start = place.last.checked_sub(self.prints.len() as u64);
                let fits = |start: u64| {
                    (start..).zip(&self.prints).all(|(at, print)| history.at(at) == Some(*print))
                };
                self.next = Some(start.filter(|start| fits(*start)).map_or(history.end(), |_| place.last));
                self.prints = Vec::new();
            }
            Some(_) => self.prints.push(print),
        }
    }

    fn undecided(&mut self) -> Found {
        if self.prints.len() > Self::MOST_LINES {
            return self.gap();
        }
        if self.bytes > Self::MOST_BYTES {
            if !self.is_certain() {
                return self.gap();
            }
            // So much of what was shown, in the same order, is not there by chance.
            self.held = Vec::new();
            self.bytes = 0;
        }
        Found::Undecided
    }

    /// Whether these lines are a replay, as far as they go.
    pub(super) fn is_certain(&self) -> bool {
        self.anchors >= PROOF
    }

    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Gives up, because nothing more comes for now. What is in its place so far may be the beginning of a replay.
    pub(super) fn settle(&mut self) -> Found {
        match self.next {
            Some(_) => Found::Alike(std::mem::take(&mut self.held)),
            None => self.gap(),
        }
    }

    /// Gives up: everything held is taken for new.
    fn gap(&mut self) -> Found {
        Found::Gap(std::mem::take(&mut self.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str], most: usize) -> History {
        let mut history = History::new(most);
        lines.iter().for_each(|line| history.push(fingerprint(line)));
        history
    }

    /// What becomes of `lines` after `shown`, up to the first decision.
    fn join(shown: &[&str], lines: &[&str]) -> (usize, Found) {
        let history = history(shown, 100);
        let mut join = Join::default();
        for (at, line) in lines.iter().enumerate() {
            let found = join.take(&history, (*line).to_owned());
            if found != Found::Undecided {
                return (at + 1, found);
            }
        }
        (lines.len(), Found::Undecided)
    }

    fn gap(lines: &[&str]) -> Found {
        Found::Gap(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    fn alike(lines: &[&str]) -> Found {
        Found::Alike(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    /// So many lines, each with a tick after it.
    fn log(lines: u32) -> Vec<String> {
        (0..lines).flat_map(|n| [format!("line {n}"), "tick".to_owned()]).collect()
    }

    #[test]
    fn a_replay_is_recognised_wherever_it_begins() {
        let shown = log(PROOF + 2);
        let shown: Vec<_> = shown.iter().map(String::as_str).collect();
        for start in 0..5 {
            let again = &shown[start..];
            let lines = again.len();
            assert_eq!(join(&shown, &[again, &["new"]].concat()), (lines, Found::Replayed(lines as u64)));
        }
        let short = &shown[5..];
        assert_eq!(join(&shown, short).1, alike(short), "one anchor too few");
    }

    #[test]
    fn what_is_given_up_in_its_place_is_not_remembered_twice() {
        let history = history(&["a", "b", "x", "x"], 100);
        let mut join = Join::default();
        assert_eq!(join.take(&history, "a".into()), Found::Undecided);
        assert_eq!(join.settle(), alike(&["a"]));
        let mut join = Join::default();
        assert_eq!(join.take(&history, "x".into()), Found::Undecided);
        assert_eq!(join.settle(), gap(&["x"]), "it could stand anywhere");
    }

    #[test]
    fn new_lines_are_a_gap_at_once() {
        assert_eq!(join(&["a", "b"], &["c"]), (1, gap(&["c"])));
        assert_eq!(join(&[], &["a"]), (1, gap(&["a"])));
    }

    #[test]
    fn what_could_be_either_is_shown_again_rather_than_lost() {
        assert_eq!(join(&["a"], &["a"]), (1, alike(&["a"])));
        assert_eq!(join(&["tick", "tock", "tick", "tock"], &["tick", "tock"]), (2, Found::Undecided));
        assert_eq!(join(&["tick", "tock", "tick"], &["tick", "x"]), (2, gap(&["tick", "x"])));
        assert_eq!(join(&["a", "b", "c", "d"], &["a", "b", "x"]), (3, gap(&["a", "b", "x"])), "a restart");
        assert_eq!(join(&["a", "b", "b", "c"], &["b", "b", "b", "c"]).1, gap(&["b", "b", "b", "c"]));
    }

    #[test]
    fn the_window_forgets_the_oldest() {
        let mut history = history(&["a", "b", "a", "c"], 3);
        assert_eq!((history.times(fingerprint("a")), history.end()), (1, 4));
        history.push(fingerprint("d"));
        history.push(fingerprint("e"));
        assert_eq!((history.times(fingerprint("a")), history.at(1)), (0, None));
        let mut join = Join::default();
        assert_eq!(join.take(&history, "d".into()), Found::Undecided);
        assert_eq!(join.take(&history, "e".into()), alike(&["d", "e"]));
    }

    #[test]
    fn a_long_replay_is_not_held_in_memory() {
        let mut history = History::new(10_000);
        let line = |n: usize| format!("{n}{}", "x".repeat(1000));
        (0..10_000).for_each(|n| history.push(fingerprint(&line(n))));
        let mut join = Join::default();
        for n in 0..9_999 {
            assert_eq!(join.take(&history, line(n)), Found::Undecided);
            assert!(join.held.iter().map(String::len).sum::<usize>() <= Join::MOST_BYTES + 1005);
        }
        assert_eq!(join.take(&history, line(9_999)), Found::Replayed(10_000));
    }
}
