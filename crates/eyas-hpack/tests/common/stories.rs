//! The stories of the public HPACK test set, read from the package of httlib-hpack, which carries them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fmt, fs};

use serde_json::Value;

/// A name and a value.
pub(crate) type Line = (Vec<u8>, Vec<u8>);

/// The header blocks of one direction of one connection, as one encoder wrote them.
#[derive(Debug)]
pub(crate) struct Story {
    /// The encoder, as its folder is named.
    pub(crate) suite: String,
    /// The number of the story; the encoders all tell the same ones.
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
}

/// One header block.
#[allow(dead_code, reason = "not every test looks at all of it")]
#[derive(Debug)]
pub(crate) struct Block {
    /// A `SETTINGS_HEADER_TABLE_SIZE` that the decoder has announced before it, in octets.
    pub(crate) table_size: Option<u32>,
    pub(crate) wire: Vec<u8>,
    pub(crate) fields: Vec<Line>,
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.suite, self.name)
    }
}

/// Reads every story, suite by suite.
pub(crate) fn all() -> Vec<Story> {
    let folder = folder();
    let suites = entries(&folder).into_iter().filter(|path| path.is_dir());
    let is_story = |path: &PathBuf| path.extension().is_some_and(|it| it == "json");
    suites
        .flat_map(|suite| entries(&suite).into_iter().filter(is_story))
        .map(|path| read(&path))
        .collect()
}

/// Where cargo has put the stories.
fn folder() -> PathBuf {
    // Whoever builds this crate alone has not fetched what the rest of the workspace needs, and
    // cargo wants to see all of it: only then the network is asked.
    let here = ["--offline", "--filter-platform", &host()];
    let metadata = metadata(&here)
        .or_else(|_| metadata(&[]))
        .unwrap_or_else(|error| panic!("cargo metadata does not say where packages lie: {error}"));
    let packages = metadata["packages"].as_array();
    let httlib = packages
        .into_iter()
        .flatten()
        .find(|package| package["name"] == PACKAGE)
        .unwrap_or_else(|| {
            panic!(
                "cargo metadata does not know {PACKAGE}, which the test set comes with: \
                 is it still among the dev-dependencies of eyas-hpack?"
            )
        });
    let manifest = Path::new(httlib["manifest_path"].as_str().unwrap_or_default());
    let folder = manifest.with_file_name("fixtures");
    assert!(
        folder.is_dir(),
        "the package {PACKAGE} has no folder {}: `cargo fetch` brings it back if it was removed",
        folder.display()
    );
    folder
}

fn metadata(extra: &[&str]) -> Result<Value, String> {
    const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let common = [
        "metadata",
        "--format-version",
        "1",
        "--manifest-path",
        MANIFEST,
    ];
    let output = cargo(&[&common, extra].concat())?;
    serde_json::from_str(&output).map_err(|error| error.to_string())
}

/// The platform that cargo was built for.
fn host() -> String {
    let version = cargo(&["--version", "--verbose"]).unwrap_or_default();
    let mut lines = version.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    host.unwrap_or_default().to_owned()
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot start {}: {error}", env!("CARGO")))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Story {
    let named = |path: &Path| path.file_stem().map(|it| it.to_string_lossy().into_owned());
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let value = serde_json::from_slice(&text).ok();
    let blocks = value.as_ref().and_then(parse);
    Story {
        suite: path.parent().and_then(named).unwrap_or_default(),
        name: named(path).unwrap_or_default(),
        blocks: blocks.unwrap_or_else(|| panic!("{} is no story", path.display())),
    }
}

fn parse(story: &Value) -> Option<Vec<Block>> {
    let blocks = story["cases"].as_array()?.iter().map(|case| {
        let table_size = &case["header_table_size"];
        let fields = case["headers"].as_array()?.iter().map(|field| {
            let mut members = field.as_object()?.iter();
            let (name, value) = members.next().filter(|_| members.len() == 0)?;
            Some((
                name.as_bytes().to_vec(),
                value.as_str()?.as_bytes().to_vec(),
            ))
        });
        Some(Block {
            table_size: match table_size {
                Value::Null => None,
                size => Some(u32::try_from(size.as_u64()?).ok()?),
            },
            wire: unhex(case["wire"].as_str()?)?,
            fields: fields.collect::<Option<_>>()?,
        })
    });
    blocks.collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let octets = pairs
        .iter()
        .map(|&[high, low]| Some((digit(high)? << 4 | digit(low)?) as u8));
    rest.is_empty().then_some(())?;
    octets.collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| {
            entry
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
                .path()
        })
        .collect();
    paths.sort();
    paths
}

const PACKAGE: &str = "httlib-hpack";
