//! `tidy`: the rules that no compiler knows, each a function from what it reads to offences.

mod arrows;
mod headings;
mod lexer;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::tidy::lexer::{Token, tokens};
use crate::workspace::{Package, Workspace};

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offence {
    /// The file, relative to the root.
    file: PathBuf,
    /// The line from 1; 0 for the file as a whole.
    line: usize,
    /// What is wrong, and how to mend it.
    what: String,
}

/// A source file, read once for all rules.
#[derive(Debug)]
struct Source {
    /// The path, relative to the root.
    path: PathBuf,
    /// The name of the package it belongs to.
    package: String,
    /// Whether it lies in the package's `src` folder, not among its tests, benches or examples.
    in_src: bool,
    /// Whether it is the first file of a library or a binary.
    is_entry: bool,
    text: String,
    tokens: Vec<Token>,
}

/// Checks everything and lists all offences.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut offences = arrows::check(workspace.root(), workspace.packages());
    let mut count = 0;
    for package in workspace.packages() {
        for source in read_package(workspace.root(), package)? {
            offences.extend(headings::check(&source));
            offences.extend(words::check(&source));
            count += 1;
        }
    }
    offences.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    for Offence { file, line, what } in &offences {
        println!("{}:{line}: {what}", file.display());
    }
    if !offences.is_empty() {
        bail!("tidy: {} offences in {count} files", offences.len());
    }
    println!("tidy: {count} files, no offence");
    Ok(())
}

fn read_package(root: &Path, package: &Package) -> Result<Vec<Source>> {
    let mut files = Vec::new();
    find_sources(&package.folder, &mut files)?;
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Ok(Source {
                path: file.strip_prefix(root).unwrap_or(&file).to_owned(),
                package: package.name.clone(),
                in_src: file.starts_with(package.folder.join("src")),
                is_entry: package.entries.contains(&file),
                tokens: tokens(&text),
                text,
            })
        })
        .collect()
}

/// Every `.rs` file below `folder`, the output of builds and crates of other workspaces aside.
fn find_sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let reading = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(reading)? {
        let entry = entry.with_context(reading)?;
        let path = entry.path();
        if entry.file_type().with_context(reading)?.is_dir() {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !hidden && entry.file_name() != "target" && !path.join("Cargo.toml").exists() {
                find_sources(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// A source as the rules see it, for their tests.
#[cfg(test)]
fn planted(package: &str, path: &str, text: &str) -> Source {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    Source {
        path: path.into(),
        package: package.to_owned(),
        in_src: path.contains("src/"),
        is_entry: matches!(name, Some("lib.rs" | "main.rs")),
        text: text.to_owned(),
        tokens: tokens(text),
    }
}
