//! Rules about features: each compiles alone, none of them, and all of them.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use super::Verdict;
use crate::project::Project;

/// Pairs that only make sense together, so that a feature alone is not all there is to see.
const TOGETHER: &[(&str, &str)] = &[
    ("tensorpool-hyper", "ring,platform-verifier"),
    ("tensorpool-hyper", "ring,native-roots"),
    ("tensorpool-hyper", "aws-lc-rs,platform-verifier"),
    ("tensorpool-hyper", "aws-lc-rs,native-roots,http2"),
];

pub(super) fn compile(project: &Project) -> Result<Verdict> {
    let mut breaches = Vec::new();
    for (package, features) in combinations(&project.metadata()?) {
        let clippy = ["clippy", "-q", "-p", &package, "--lib", "--bins", "--no-default-features"];
        let clippy = project.cargo().args(clippy).args(["--features", &features, "--", "-D", "warnings"]);
        if clippy.quiet().run().is_err() {
            breaches
                .push(format!("{package} with {}", if features.is_empty() { "nothing" } else { &features }));
        }
    }
    Ok(Verdict::Checked(breaches))
}

/// Package and features of every build to be looked at.
fn combinations(metadata: &Value) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for package in metadata["packages"].as_array().into_iter().flatten().filter(|p| p["publish"].is_null()) {
        let name = package["name"].as_str().unwrap_or_default();
        let features: Vec<&str> =
            package["features"].as_object().into_iter().flat_map(|f| f.keys()).map(String::as_str).collect();
        all.insert((name.to_owned(), String::new()));
        all.insert((name.to_owned(), features.join(",")));
        all.extend(features.iter().map(|feature| (name.to_owned(), (*feature).to_owned())));
    }
    all.extend(TOGETHER.iter().map(|(name, features)| ((*name).to_owned(), (*features).to_owned())));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alone_none_and_all() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "a", "publish": null, "features": { "x": [], "y": [] } },
            { "name": "test", "publish": [], "features": { "z": [] } },
        ] });
        let found = combinations(&metadata);
        let of_a: Vec<_> = found.iter().filter(|(name, _)| name == "a").map(|(_, f)| f.as_str()).collect();
        assert_eq!(of_a, ["", "x", "x,y", "y"]);
        assert!(!found.iter().any(|(name, _)| name == "test"));
    }
}
