//! A socket, with TLS or without, that takes and gives what it can at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Wire {
    socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Wire {
    /// Connects; the socket blocks until [`unblock`](Self::unblock).
    pub(crate) fn connect(address: SocketAddr, tls: bool) -> Result<Self> {
        let socket = TcpStream::connect(address)
            .with_context(|| format!("cannot connect to the server at {address}"))?;
        socket.set_nodelay(true)?;
        let tls = if tls {
            let name = ServerName::try_from("localhost").context("a name")?;
            Some(Box::new(ClientConnection::new(config()?, name)?))
        } else {
            None
        };
        Ok(Self { socket, tls })
    }

    /// From now on reads and writes do what they can at once.
    pub(crate) fn unblock(&self) -> Result<()> {
        self.socket.set_nonblocking(true).context("it blocks")
    }

    /// The socket, to wait for.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Reads once. `Some(0)` is the end, `None` means that nothing is there.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        let Some(tls) = &mut self.tls else {
            return when_ready(self.socket.read(buffer)).context("nothing came from the server");
        };
        loop {
            match tls.reader().read(buffer) {
                Ok(octets) => return Ok(Some(octets)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("TLS ended"),
            }
            match when_ready(tls.read_tls(&mut self.socket)).context("nothing came over TLS")? {
                None => return Ok(None),
                Some(0) => return Ok(Some(0)),
                Some(_) => tls.process_new_packets().context("TLS failed")?,
            };
            // What a handshake has to say.
            while tls.wants_write() {
                if when_ready(tls.write_tls(&mut self.socket))?.is_none() {
                    break;
                }
            }
        }
    }

    /// Writes all of `octets` or what goes at once, and takes it away.
    ///
    /// Over TLS all is taken and kept until there is room.
    pub(crate) fn write(&mut self, octets: &mut Vec<u8>) -> Result<()> {
        let Some(tls) = &mut self.tls else {
            let mut written = 0;
            while written < octets.len() {
                match when_ready(self.socket.write(&octets[written..]))
                    .context("the server reads no more")?
                {
                    Some(more) => written += more,
                    None => break,
                }
            }
            octets.drain(..written);
            return Ok(());
        };
        loop {
            let taken = tls.writer().write(octets).context("TLS takes no more")?;
            octets.drain(..taken);
            while tls.wants_write() {
                if when_ready(tls.write_tls(&mut self.socket))
                    .context("the server reads no more")?
                    .is_none()
                {
                    return Ok(());
                }
            }
            if taken == 0 {
                return Ok(());
            }
        }
    }
}

fn when_ready(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(octets) => Ok(Some(octets)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn config() -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Takes every certificate: the servers here are our own, on this machine.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
