//! From a directory to a plan.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tensorpool_core::job_config::JobConfig;

use super::rules::{ConfigRules, GIT, Level};
use super::walk::{self, Count};
use super::warning::{MANY_BYTES, MANY_FILES, is_secret};
use super::{
    FolderError, LeftOut, PlannedFile, PlannedLink, Reach, Rule, RuleSource, Unreadable, UploadPlan, Warning,
};

/// The name of our own ignore files.
const TPIGNORE: &str = ".tpignore";
const GITIGNORE: &str = ".gitignore";

/// How many entries are looked at that are left out: enough for all but the largest, which are known to be so by then.
const COUNTED: u64 = 200_000;
/// How many examples a rule has.
const EXAMPLES: usize = 3;
/// No ignore file has more bytes.
const LONGEST: u64 = 1 << 20;

pub(super) fn scan(dir: &Path, config: &JobConfig) -> Result<UploadPlan, FolderError> {
    let unreadable = |source| FolderError::Unreadable { dir: dir.to_path_buf(), source };
    let root = fs::canonicalize(dir).map_err(unreadable)?;
    let first = walk::entries(&root).map_err(unreadable)?;
    let rules = ConfigRules::new(&root, config)?;
    let own = fs::metadata(root.join(TPIGNORE)).is_ok_and(|it| it.is_file());
    let mut scan = Scan {
        root: &root,
        config,
        rules,
        ignore_file: if own { TPIGNORE } else { GITIGNORE },
        budget: COUNTED,
        left_out: BTreeMap::new(),
        plan: UploadPlan {
            root: dir.to_path_buf(),
            files: Vec::new(),
            links: Vec::new(),
            left_out: Vec::new(),
            unreadable: Vec::new(),
            warnings: Vec::new(),
        },
    };
    let level = if own { None } else { scan.levels_above() };
    scan.run(first, level);
    Ok(scan.finish())
}

struct Scan<'s> {
    /// Free of links.
    root: &'s Path,
    config: &'s JobConfig,
    rules: ConfigRules,
    ignore_file: &'static str,
    budget: u64,
    left_out: BTreeMap<RuleSource, LeftOut>,
    plan: UploadPlan,
}

/// A directory that is still to be looked at: where it is in the folder, and the rules above it.
type Open = (PathBuf, Option<Rc<Level>>);

impl Scan<'_> {
    fn run(&mut self, first: Vec<DirEntry>, level: Option<Rc<Level>>) {
        let mut open = self.directory(&PathBuf::new(), first, level);
        while let Some((dir, level)) = open.pop() {
            match walk::entries(&self.root.join(&dir)) {
                Ok(entries) => open.extend(self.directory(&dir, entries, level)),
                Err(why) => self.unreadable(dir, &why),
            }
        }
    }

    /// Plans what is in a directory, and returns the directories in it, the first last.
    fn directory(&mut self, dir: &Path, entries: Vec<DirEntry>, above: Option<Rc<Level>>) -> Vec<Open> {
        let level = self.level(dir, above);
        let mut open = Vec::new();
        for entry in entries {
            let path = dir.join(entry.file_name());
            let (kind, bytes) = match walk::look(&entry) {
                Ok(seen) => seen,
                Err(why) => {
                    self.unreadable(path, &why);
                    continue;
                }
            };
            if let Some(rule) = self.judge(&entry, level.as_deref(), kind.is_dir()) {
                self.leave_out(rule, path, kind.is_dir(), bytes);
            } else if kind.is_dir() {
                open.push((path, level.clone()));
            } else {
                self.take(path, kind, bytes);
            }
        }
        open.reverse();
        open
    }

    fn judge(&self, entry: &DirEntry, level: Option<&Level>, is_dir: bool) -> Option<Rule> {
        // On file systems that ignore case, any case of it is the repository.
        if entry.file_name().eq_ignore_ascii_case(GIT) {
            return Some(Rule { pattern: GIT.to_owned(), source: RuleSource::Always });
        }
        let path = entry.path();
        self.rules.judge(self.config, &path, is_dir).or_else(|| level?.judge(&path, is_dir))
    }

    fn leave_out(&mut self, rule: Rule, path: PathBuf, is_dir: bool, bytes: u64) {
        let mut count = Count { files: 0, bytes: 0, at_least: false };
        if is_dir {
            count = walk::count(&self.root.join(&path), &mut self.budget);
        } else {
            count.add(bytes);
        }
        let left_out = self.left_out.entry(rule.source.clone()).or_insert_with(|| LeftOut {
            rule,
            files: 0,
            bytes: 0,
            at_least: false,
            examples: Vec::new(),
        });
        left_out.files += count.files;
        left_out.bytes = left_out.bytes.saturating_add(count.bytes);
        left_out.at_least |= count.at_least;
        if left_out.examples.len() < EXAMPLES {
            // With its slash, a directory is shown for what it is.
            left_out.examples.push(if is_dir { path.join("") } else { path });
        }
    }

    fn take(&mut self, path: PathBuf, kind: fs::FileType, bytes: u64) {
        if path.file_name().is_some_and(|name| name.to_str().is_none()) {
            self.plan.warnings.push(Warning::NotUtf8(path.clone()));
        }
        let full = self.root.join(&path);
        if kind.is_symlink() {
            match fs::read_link(&full) {
                Ok(target) => self.link(path, &full, target),
                Err(why) => self.unreadable(path, &why),
            }
        } else if kind.is_file() {
            // Only opening it tells.
            match File::open(&full) {
                Ok(_) => {
                    if is_secret(&path) {
                        self.plan.warnings.push(Warning::Secret(path.clone()));
                    }
                    self.plan.files.push(PlannedFile { path, bytes });
                }
                Err(why) => self.unreadable(path, &why),
            }
        } else {
            self.plan.warnings.push(Warning::NotAFile(path));
        }
    }

    fn link(&mut self, path: PathBuf, full: &Path, target: PathBuf) {
        let reach = walk::reach(self.root, full, &target);
        match reach {
            Reach::Inside => {}
            Reach::Outside => self.plan.warnings.push(Warning::LinkOutside(path.clone())),
            Reach::Missing => self.plan.warnings.push(Warning::LinkToNothing(path.clone())),
        }
        self.plan.links.push(PlannedLink { path, target, reach });
    }

    fn unreadable(&mut self, path: PathBuf, why: &std::io::Error) {
        self.plan.unreadable.push(Unreadable { path, why: why.to_string() });
    }

    /// The rules in a directory of the folder, on top of those above it.
    fn level(&mut self, dir: &Path, above: Option<Rc<Level>>) -> Option<Rc<Level>> {
        let other = dir.join(TPIGNORE);
        if self.ignore_file != TPIGNORE && fs::symlink_metadata(self.root.join(&other)).is_ok() {
            let why = "only one at the top of the folder makes those below it count".to_owned();
            self.plan.warnings.push(Warning::IgnoreFile { file: other, why });
        }
        let shown = dir.join(self.ignore_file);
        self.read(&self.root.join(dir), &self.root.join(&shown), shown, above)
    }

    /// What git says above the folder.
    fn levels_above(&mut self) -> Option<Rc<Level>> {
        let dirs = walk::above_in_repository(self.root)?;
        let up = |dirs_up: usize| (0..dirs_up).map(|_| "..").collect::<PathBuf>();
        let mut level = None;
        for (index, dir) in dirs.iter().enumerate() {
            let shown = up(dirs.len() - 1 - index);
            if index == 0 {
                let exclude: PathBuf = [GIT, "info", "exclude"].iter().collect();
                level = self.read(dir, &dir.join(&exclude), shown.join(exclude), level);
            }
            // The folder's own is read when the folder is.
            if index + 1 < dirs.len() {
                level = self.read(dir, &dir.join(GITIGNORE), shown.join(GITIGNORE), level);
            }
        }
        level
    }

    /// One ignore file, if there is one.
    fn read(
        &mut self,
        dir: &Path,
        file: &Path,
        shown: PathBuf,
        above: Option<Rc<Level>>,
    ) -> Option<Rc<Level>> {
        // As git, which follows no link here: what is ignored should not depend on what is elsewhere.
        let Ok(found) = fs::symlink_metadata(file) else { return above };
        let why = if found.is_symlink() && self.ignore_file == GITIGNORE {
            "it is a link".to_owned()
        } else if fs::metadata(file).is_ok_and(|it| !it.is_file()) {
            "it is not a file".to_owned()
        } else if found.len() > LONGEST {
            "it is longer than 1 MiB".to_owned()
        } else {
            match fs::read(file) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    return Some(Rc::new(Level::new(above, dir, shown, &text, &mut self.plan.warnings)));
                }
                Err(why) => why.to_string(),
            }
        };
        self.plan.warnings.push(Warning::IgnoreFile { file: shown, why });
        above
    }

    fn finish(self) -> UploadPlan {
        let mut plan = self.plan;
        plan.left_out = self.left_out.into_values().collect();
        plan.files.sort_by(|a, b| a.path.cmp(&b.path));
        plan.links.sort_by(|a, b| a.path.cmp(&b.path));
        plan.unreadable.sort_by(|a, b| a.path.cmp(&b.path));
        let (files, bytes) = (plan.files.len(), plan.bytes());
        if files > MANY_FILES {
            plan.warnings.push(Warning::ManyFiles(files));
        }
        if bytes > MANY_BYTES {
            plan.warnings.push(Warning::ManyBytes(bytes));
        }
        plan.warnings.sort();
        plan
    }
}
