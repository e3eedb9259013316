//! Folders to plan, made for a test and gone after it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tensorpool_client::folder::{Folder, UploadPlan};
use tensorpool_core::job_config::JobConfig;

pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Adds files of these lengths.
    pub(crate) fn files(self, files: &[(&str, usize)]) -> Self {
        files.iter().fold(self, |tree, (path, bytes)| tree.file(path, &"x".repeat(*bytes)))
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    #[cfg(unix)]
    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// Where links are not for everybody to make, there are none.
    #[cfg(not(unix))]
    pub(crate) fn link(self, _: &str, _: &str) -> Self {
        self
    }

    pub(crate) fn plan(&self, ignore: &[&str]) -> UploadPlan {
        self.plan_of("", ignore)
    }

    pub(crate) fn plan_of(&self, below: &str, ignore: &[&str]) -> UploadPlan {
        let mut config = JobConfig::new(["python train.py"]);
        config.ignore = ignore.iter().map(|&entry| entry.to_owned()).collect();
        // Joining nothing would add a slash.
        let dir = if below.is_empty() { self.path().to_path_buf() } else { self.path().join(below) };
        Folder::scan(dir, &config).unwrap()
    }

    /// The plan as a person sees it, whatever the folder is called here.
    pub(crate) fn report(&self, ignore: &[&str]) -> String {
        self.plan(ignore).to_string().replace(&self.path().display().to_string(), "FOLDER")
    }
}

/// The files of a plan, as text.
pub(crate) fn files(plan: &UploadPlan) -> Vec<String> {
    plan.files().iter().map(|file| text(&file.path)).collect()
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
