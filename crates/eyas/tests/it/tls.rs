//! A TLS client that trusts one certificate file.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::tcp;

/// Connects, offers `protocol`, and goes through with the handshake if the server is the one that the
/// file `certificate` names, as `name`.
pub(crate) fn connect(
    address: &str,
    certificate: &Path,
    name: &'static str,
    protocol: &str,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let pem = fs::read(certificate).expect("the server has said where it is");
    let mut roots = RootCertStore::empty();
    let anchor = CertificateDer::from_pem_slice(&pem).expect("it is a certificate");
    roots.add(anchor).expect("it can be an anchor");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from(name).expect("the test's name is one");
    let connection = ClientConnection::new(Arc::new(config), name).expect("both can be used");
    let mut stream = StreamOwned::new(connection, tcp(address));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}
