//! The arrows between crates: which dependencies each may have, so that layers only look downward.

use std::path::Path;

use crate::tidy::Offence;
use crate::workspace::Package;

/// Every arrow of `packages` that the table below does not allow.
pub(super) fn check(root: &Path, packages: &[Package]) -> Vec<Offence> {
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut offences = Vec::new();
    for package in packages {
        let folder = package.folder.strip_prefix(root).unwrap_or(&package.folder);
        let mut offend = |what: String| {
            offences.push(Offence {
                file: folder.join("Cargo.toml"),
                line: 0,
                what,
            });
        };
        let Some((_, rule)) = RULES.iter().find(|(name, _)| *name == package.name) else {
            if folder.starts_with("crates") {
                let name = &package.name;
                offend(format!(
                    "no rule says what `{name}` may depend on; add one to tidy"
                ));
            }
            continue;
        };
        for dependency in &package.dependencies {
            let is_allowed = match rule {
                Allowed::Only(names) => names.contains(&dependency.as_str()),
                Allowed::OfOurs(names) => {
                    !is_ours(dependency) || names.contains(&dependency.as_str())
                }
            };
            if !is_allowed {
                let name = &package.name;
                offend(format!("`{name}` must not depend on `{dependency}`"));
            }
        }
    }
    offences
}

enum Allowed {
    /// These and nothing else.
    Only(&'static [&'static str]),
    /// Of this workspace only these; of others, what is needed.
    OfOurs(&'static [&'static str]),
}

const RULES: [(&str, Allowed); 9] = [
    ("eyas-frame", Allowed::Only(&[])),
    ("eyas-hpack", Allowed::Only(&[])),
    ("eyas-flow-control", Allowed::Only(&[])),
    (
        "eyas-output",
        Allowed::Only(&["eyas-frame", "eyas-hpack", "eyas-flow-control", "bytes"]),
    ),
    (
        "eyas-connection",
        Allowed::Only(&[
            "eyas-frame",
            "eyas-hpack",
            "eyas-flow-control",
            "eyas-output",
            "bytes",
            "http",
            "itoa",
        ]),
    ),
    ("eyas-server", Allowed::OfOurs(&["eyas-connection"])),
    // Its `--trace` reads frames and header blocks for itself, as an onlooker would.
    (
        "eyas",
        Allowed::OfOurs(&["eyas-server", "eyas-frame", "eyas-hpack"]),
    ),
    // They show what can be done with the facade alone.
    ("eyas-examples", Allowed::OfOurs(&["eyas-server"])),
    ("eyas-testkit", Allowed::OfOurs(&[])),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use serde_json::{Value, json};

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let dependencies: Vec<Value> = dependencies
            .iter()
            .map(|(name, kind)| json!({ "name": name, "kind": kind }))
            .collect();
        json!({
            "name": name,
            "manifest_path": format!("/r/crates/{name}/Cargo.toml"),
            "targets": [],
            "dependencies": dependencies,
        })
    }

    fn offences(packages: &[Value]) -> Vec<String> {
        let metadata = json!({
            "workspace_root": "/r", "target_directory": "/r/target", "packages": packages,
        });
        let workspace = Workspace::from_metadata(&metadata).expect("all keys are there");
        let found = check(workspace.root(), workspace.packages());
        found.into_iter().map(|offence| offence.what).collect()
    }

    #[test]
    fn arrows_that_point_downward_are_allowed() {
        let none = offences(&[
            package("eyas-frame", &[("proptest", Some("dev"))]),
            package("eyas-output", &[("eyas-frame", None), ("bytes", None)]),
            package("eyas-connection", &[("eyas-output", None), ("http", None)]),
            package("eyas-server", &[("eyas-connection", None), ("tokio", None)]),
            package(
                "eyas",
                &[
                    ("eyas-server", None),
                    ("eyas-frame", None),
                    ("eyas-hpack", None),
                ],
            ),
            package("eyas-examples", &[("eyas-server", None), ("axum", None)]),
        ]);
        assert_eq!(none, [""; 0]);
    }

    #[test]
    fn a_leaf_has_no_dependency_not_even_to_be_built() {
        for kind in [None, Some("build")] {
            let found = offences(&[package("eyas-hpack", &[("bytes", kind)])]);
            assert_eq!(found, ["`eyas-hpack` must not depend on `bytes`"]);
        }
    }

    #[test]
    fn a_layer_is_not_skipped_and_not_looked_up_to() {
        let found = offences(&[
            package("eyas-frame", &[("eyas-output", None)]),
            package("eyas-output", &[]),
            package("eyas-connection", &[("eyas-server", None)]),
            package("eyas-server", &[("eyas-frame", None)]),
        ]);
        assert_eq!(
            found,
            [
                "`eyas-frame` must not depend on `eyas-output`",
                "`eyas-connection` must not depend on `eyas-server`",
                "`eyas-server` must not depend on `eyas-frame`",
            ]
        );
    }

    #[test]
    fn examples_and_the_binary_go_by_the_facade() {
        let found = offences(&[
            package("eyas-connection", &[]),
            package("eyas-frame", &[]),
            package("eyas", &[("eyas-connection", None)]),
            package("eyas-examples", &[("eyas-frame", None)]),
        ]);
        assert_eq!(
            found,
            [
                "`eyas` must not depend on `eyas-connection`",
                "`eyas-examples` must not depend on `eyas-frame`",
            ]
        );
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        assert_eq!(offences(&[package("eyas-new", &[])]).len(), 1);
    }
}
