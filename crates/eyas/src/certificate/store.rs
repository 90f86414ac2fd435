//! The folder in which the certificate is kept from one start to the next.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, anyhow, bail};

use crate::certificate::Pair;

/// Two files, readable by their owner alone.
#[derive(Clone, Debug)]
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    /// `eyas` in the user's cache folder.
    pub(super) fn of_user() -> Result<Self> {
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let cache = absolute("XDG_CACHE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            .or_else(|| absolute("LOCALAPPDATA"))
            .ok_or_else(|| anyhow!("neither XDG_CACHE_HOME nor HOME names a folder"))?;
        Ok(Self::at(cache.join("eyas")))
    }

    /// This folder; it need not exist.
    pub(super) const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file with the certificate.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("dev-cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("dev-key.pem")
    }

    /// The pair that is kept if it `is_good`, else a new one, which is kept from now on.
    ///
    /// Of servers that start at the same time one makes it, and the others take that.
    pub(super) fn pair(
        &self,
        is_good: impl Fn(&Pair) -> bool,
        make: impl FnOnce() -> Result<Pair>,
    ) -> Result<Pair> {
        if let Some(pair) = self.read().filter(&is_good) {
            return Ok(pair);
        }
        self.make_folder()?;
        let _lock = Lock::take(self.folder.join("dev.lock"))?;
        if let Some(pair) = self.read().filter(is_good) {
            return Ok(pair);
        }
        let pair = make()?;
        replace(&self.key(), &pair.key)?;
        replace(&self.certificate(), &pair.certificate)?;
        Ok(pair)
    }

    fn read(&self) -> Option<Pair> {
        let key = self.key();
        Some(Pair {
            certificate: fs::read(self.certificate()).ok()?,
            key: is_private(&key).then(|| fs::read(&key).ok())??,
        })
    }

    fn make_folder(&self) -> Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .with_context(|| format!("cannot make the folder `{}`", self.folder.display()))
    }
}

/// A key that others could read is not used again.
#[cfg(unix)]
fn is_private(key: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(key).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

/// Puts a new file in the place of `path`, whole or not at all.
fn replace(path: &Path, octets: &[u8]) -> Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    let new = path.with_extension(format!("{}.new", process::id()));
    // One that a crash has left, of a process that had our number.
    let _ = fs::remove_file(&new);
    let written = create(&new).and_then(|mut file| {
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written.with_context(failed)
}

/// A new file that its owner alone can read.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file that only one process has at a time.
struct Lock {
    path: PathBuf,
}

impl Lock {
    fn take(path: PathBuf) -> Result<Self> {
        let began = Instant::now();
        loop {
            match create(&path) {
                Ok(_) => return Ok(Self { path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).context(format!("cannot write `{}`", path.display()));
                }
            }
            if began.elapsed() > LOCK_WAIT {
                bail!("`{}` is held by another process", path.display());
            }
            if age(&path).is_some_and(|age| age > LOCK_AGE_MAX) {
                let _ = fs::remove_file(&path);
            } else {
                thread::sleep(LOCK_PAUSE);
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn age(path: &Path) -> Option<Duration> {
    let written = fs::metadata(path).ok()?.modified().ok()?;
    SystemTime::now().duration_since(written).ok()
}

const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// Making a pair takes milliseconds: whoever held the lock for so long is gone.
const LOCK_AGE_MAX: Duration = Duration::from_secs(3);
