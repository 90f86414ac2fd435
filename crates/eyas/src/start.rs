//! What can be wrong before the server is up, each with a sentence that says what to do about it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use tokio::net::TcpListener;

/// Listens at `address`, a host and a port, and tells the address it got.
pub(crate) async fn bind(address: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{address} is already in use: stop the server that has it, or choose another port with \
             `--h2c 127.0.0.1:0`"
        ),
        ErrorKind::PermissionDenied => anyhow!(
            "{address} may not be used by you: choose a port above 1023, as in `--h2c 127.0.0.1:8080`"
        ),
        ErrorKind::AddrNotAvailable => anyhow!(
            "{address} is no address of this machine: choose one that is, as in `--h2c 127.0.0.1:8080`"
        ),
        _ => anyhow!(
            "cannot listen at `{address}` ({error}): give a host and a port, as in `--h2c 127.0.0.1:8080`"
        ),
    })?;
    let bound = listener
        .local_addr()
        .context("cannot find out which port is used")?;
    Ok((listener, bound))
}

/// Whether there is a folder to serve files from.
pub(crate) fn check_folder(folder: &Path) -> Result<()> {
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

    async fn sentence(address: &str) -> String {
        let error = bind(address).await.expect_err("nothing can listen there");
        error.to_string()
    }

    #[tokio::test]
    async fn port_0_becomes_the_port_that_was_free() {
        let (_listener, address) = bind("127.0.0.1:0").await.expect("some port is free");
        assert_ne!(address.port(), 0);
        let sentence = sentence(&address.to_string()).await;
        assert!(
            sentence.contains("already in use") && sentence.contains("--h2c"),
            "{sentence}"
        );
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_told_what_one_looks_like() {
        for address in ["8080", "127.0.0.1", "127.0.0.1:x", "192.0.2.1:8080"] {
            let sentence = sentence(address).await;
            assert!(sentence.contains("--h2c 127.0.0.1:8080"), "{sentence}");
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
