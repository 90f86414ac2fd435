//! The files that clients send.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::pattern;
use crate::workspace::Workspace;

/// What is sent to the server; gone when dropped.
pub(super) struct Files {
    folder: tempfile::TempDir,
    /// What is to come back.
    pub(super) echo: Vec<u8>,
}

impl Files {
    pub(super) fn write(workspace: &Workspace) -> Result<Self> {
        let folder = tempfile::tempdir_in(workspace.folder("interop")?)
            .context("cannot make a folder in target/interop")?;
        let files = Self {
            folder,
            echo: noise(ECHO_OCTETS),
        };
        fs::write(files.echo_path(), &files.echo).context("cannot write the file to echo")?;
        fs::write(files.upload_path(), pattern::octets(UPLOAD_OCTETS))
            .context("cannot write the file to upload")?;
        Ok(files)
    }

    pub(super) fn echo_path(&self) -> PathBuf {
        self.folder.path().join("echo")
    }

    pub(super) fn upload_path(&self) -> PathBuf {
        self.folder.path().join("upload")
    }
}

/// Octets without a pattern, the same at every call (a xorshift generator).
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(next).collect()
}

const ECHO_OCTETS: usize = 3_000_000;
/// The length of the file to upload.
pub(super) const UPLOAD_OCTETS: usize = 100_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_does_not_repeat_early() {
        let octets = noise(100_000);
        assert_ne!(octets[..50_000], octets[50_000..]);
        assert_eq!(octets, noise(100_000));
    }
}
