//! What can be wrong before the server is up, each with a sentence that says what to do about it.

use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use tokio::net::TcpListener;

use crate::args::{Address, Args};

/// Options that contradict each other, or the environment.
pub(crate) fn check(args: &Args) -> Result<()> {
    if args.listen == Address::Off {
        if args.h2c == Address::Off {
            bail!("nothing is left to listen at: leave `--listen off` or `--h2c off` out");
        }
        if args.cert.is_some() || args.keylog {
            bail!(
                "`--listen off` leaves no TLS for `--cert`, `--key` or `--keylog`: leave it or them out"
            );
        }
    }
    if args.keylog {
        check_key_log(env::var_os("SSLKEYLOGFILE").as_deref())?;
    }
    args.folder.as_deref().map_or(Ok(()), check_folder)
}

/// Listens at `address`, if it is one, and tells what it got. `flag` is the option it came with.
pub(crate) async fn bind(
    flag: &str,
    address: &Address,
) -> Result<Option<(TcpListener, SocketAddr)>> {
    let Address::At(address) = address else {
        return Ok(None);
    };
    // Not the port that the other listener has.
    let port = if flag == "--listen" { 8443 } else { 8080 };
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is already in use: stop the server that has it, or choose another port with \
             `{flag} 127.0.0.1:0`"
        ),
        ErrorKind::PermissionDenied => anyhow!(
            "{address} may not be used by you: choose a port above 1023, as in `{flag} 127.0.0.1:{port}`"
        ),
        ErrorKind::AddrNotAvailable => anyhow!(
            "{address} is no address of this machine: choose one that is, as in `{flag} 127.0.0.1:{port}`"
        ),
        _ => anyhow!(
            "cannot listen at `{address}` ({error}): give a host and a port, as in `{flag} \
             127.0.0.1:{port}`, or `off`"
        ),
    })?;
    let bound = listener
        .local_addr()
        .context("cannot find out which port is used")?;
    Ok(Some((listener, bound)))
}

fn check_key_log(file: Option<&OsStr>) -> Result<()> {
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        bail!(
            "`--keylog` needs the name of a file in SSLKEYLOGFILE: start again with \
             `SSLKEYLOGFILE=keys.log eyas --keylog`"
        );
    };
    // As it will be opened; nobody would be told then that it cannot be.
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).map_err(|error| {
        let name = Path::new(file).display();
        anyhow!("cannot write `{name}` ({error}): name another file in SSLKEYLOGFILE")
    })
}

/// Whether there is a folder to serve files from.
fn check_folder(folder: &Path) -> Result<()> {
    let name = folder.display();
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => bail!("`{name}` is no folder: name the one it lies in, or none to serve no files"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("the folder `{name}` does not exist: create it, or name one that does")
        }
        Err(error) => bail!("the folder `{name}` cannot be read ({error}): name one that can"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    async fn sentence(address: &str) -> String {
        sentence_of("--h2c", address).await
    }

    async fn sentence_of(flag: &str, address: &str) -> String {
        let error = bind(flag, &Address::from(address)).await;
        error.expect_err("nothing can listen there").to_string()
    }

    #[tokio::test]
    async fn port_0_becomes_the_port_that_was_free() {
        let bound = bind("--h2c", &Address::from("127.0.0.1:0")).await;
        let (_listener, address) = bound.expect("some port is free").expect("it is not off");
        assert_ne!(address.port(), 0);
        let sentence = sentence(&address.to_string()).await;
        assert!(
            sentence.contains("already in use") && sentence.contains("--h2c"),
            "{sentence}"
        );
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_told_what_one_looks_like() {
        for address in ["8080", "127.0.0.1", "127.0.0.1:x", "192.0.2.1:8080", "on"] {
            let sentence = sentence(address).await;
            assert!(sentence.contains("--h2c 127.0.0.1:8080"), "{sentence}");
            let sentence = sentence_of("--listen", address).await;
            assert!(sentence.contains("--listen 127.0.0.1:8443"), "{sentence}");
        }
    }

    #[tokio::test]
    async fn off_is_not_listened_at() {
        let bound = bind("--h2c", &Address::Off).await;
        assert!(bound.is_ok_and(|bound| bound.is_none()));
    }

    #[test]
    fn options_that_leave_nothing_to_do_are_one_sentence() {
        for wrong in [
            &["--listen", "off", "--h2c", "off"][..],
            &["--listen", "off", "--cert", "a", "--key", "b"],
            &["--listen", "off", "--keylog"],
        ] {
            let args = Args::parse_from(["eyas"].iter().chain(wrong));
            let error = check(&args).expect_err("they contradict each other");
            assert!(error.to_string().contains("leave"), "{error}");
        }
    }

    #[test]
    fn a_key_log_needs_a_file() {
        let folder = env::temp_dir();
        let file = folder.join(format!("eyas-keys-{}.log", std::process::id()));
        assert!(check_key_log(Some(file.as_os_str())).is_ok());
        std::fs::remove_file(file).expect("it was just made");
        let said = check_key_log(Some(folder.as_os_str())).map_err(|error| error.to_string());
        assert!(said.is_err_and(|said| said.contains("cannot write `")));
        for file in [None, Some(OsStr::new(""))] {
            let said = check_key_log(file).map_err(|error| error.to_string());
            assert!(said.is_err_and(|said| said.contains("SSLKEYLOGFILE=")));
        }
    }

    #[test]
    fn only_a_folder_is_a_folder() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(check_folder(here).is_ok());
        let said = |path: &Path| check_folder(path).map_err(|error| error.to_string());
        assert!(said(&here.join("nothing")).is_err_and(|said| said.contains("does not exist")));
        assert!(said(&here.join("Cargo.toml")).is_err_and(|said| said.contains("no folder")));
        assert!(said(&here.join("Cargo.toml/x")).is_err());
    }
}
