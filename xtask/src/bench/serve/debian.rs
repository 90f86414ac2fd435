//! Servers of Debian: found, configured in a folder of the run, started without privileges.

use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::bench::serve::cores::Cores;
use crate::bench::serve::servers::Running;
use crate::process::Guard;
use crate::tools;

/// What the servers of a run share: files to serve, a certificate, and a folder for configurations.
#[derive(Debug)]
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    /// An empty one.
    pub(crate) fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("eyas-bench-").context("cannot make a folder")?;
        // Servers that give up root read it as somebody else.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        Ok(Self { folder })
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of the certificate.
    pub(crate) fn cert(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The file of its key.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Where the files are; written at the first call.
    fn root(&self) -> Result<PathBuf> {
        let root = self.folder.path().join("root");
        if root.is_dir() {
            return Ok(root);
        }
        fs::create_dir(&root).context("cannot make a folder")?;
        for (name, octets) in FILES {
            let mut file = File::create(root.join(name)).context("cannot make a file")?;
            for at in (0..octets).step_by(BLOCK) {
                file.write_all(&vec![b'x'; BLOCK.min(octets - at)])
                    .context("cannot write the files to serve")?;
            }
        }
        fs::write(root.join("hello"), "Hello, World!")?;
        Ok(root)
    }

    /// A file with `text`, named after a server.
    fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// nghttpd serves either with TLS or without: two processes, of which one is measured at a time.
pub(crate) fn nghttpd(cores: &Cores, site: &Site) -> Result<Running> {
    let program = tools::need("nghttpd", "nghttp2-server")?;
    let root = site.root()?;
    let start = |tls: bool| -> Result<(Guard, SocketAddr)> {
        let address = free_address()?;
        let mut command = cores.server(&program.to_string_lossy());
        command
            .args(["--address=127.0.0.1", "--workers=1", "--htdocs"])
            .arg(&root);
        if !tls {
            command.arg("--no-tls");
        }
        command.arg(address.port().to_string());
        if tls {
            command.args([site.key(), site.cert()]);
        }
        let guard = Guard::spawn(
            "nghttpd",
            command.stdout(Stdio::null()).stderr(Stdio::null()),
        )?;
        listening(guard, address)
    };
    let (clear, clear_address) = start(false)?;
    let (tls, tls_address) = start(true)?;
    Ok(Running::of(vec![clear, tls], clear_address, tls_address))
}

/// h2o with one thread.
pub(crate) fn h2o(cores: &Cores, site: &Site) -> Result<Running> {
    let program = tools::need("h2o", "h2o")?;
    let (clear, tls) = (free_address()?, free_address()?);
    let mut text = format!(
        "num-threads: 1\n\
         max-connections: 8000\n\
         listen:\n  host: 127.0.0.1\n  port: {}\n\
         listen:\n  host: 127.0.0.1\n  port: {}\n  ssl:\n    certificate-file: {}\n    key-file: {}\n\
         hosts:\n  default:\n    paths:\n      /:\n        file.dir: {}\n",
        clear.port(),
        tls.port(),
        site.cert().display(),
        site.key().display(),
        site.root()?.display(),
    );
    if is_root()? {
        text += "user: root\n";
    }
    let mut command = cores.server(&program.to_string_lossy());
    command.arg("--conf").arg(site.file("h2o.conf", &text)?);
    let guard = Guard::spawn("h2o", command.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let (guard, clear) = listening(guard, clear)?;
    Ok(Running::of(vec![guard], clear, tls))
}

/// nginx with one worker. `/hello` is said by the configuration, the rest are files.
pub(crate) fn nginx(cores: &Cores, site: &Site) -> Result<Running> {
    let program = tools::need("nginx", "nginx-light")?;
    let folder = site.folder.path().join("nginx");
    fs::create_dir_all(&folder).context("cannot make a folder")?;
    let (clear, tls) = (free_address()?, free_address()?);
    let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {}/{what};\n", folder.display()))
        .collect();
    let user = if is_root()? { "user root;\n" } else { "" };
    let text = format!(
        "daemon off;\n{user}worker_processes 1;\nerror_log stderr crit;\npid {folder}/pid;\n\
         events {{ worker_connections 8000; }}\n\
         http {{\n{temp}access_log off;\nsendfile on;\ntcp_nopush on;\n\
         open_file_cache max=100;\nkeepalive_requests 1000000000;\n\
         http2_max_concurrent_streams 256;\nclient_max_body_size 0;\n\
         server {{\nlisten {clear} http2;\nlisten {tls} http2 ssl;\n\
         ssl_certificate {cert};\nssl_certificate_key {key};\nroot {root};\n\
         location = /hello {{ return 200 \"Hello, World!\"; }}\n}}\n}}\n",
        folder = folder.display(),
        cert = site.cert().display(),
        key = site.key().display(),
        root = site.root()?.display(),
    );
    let mut command = cores.server(&program.to_string_lossy());
    command
        .args(["-e", "stderr", "-p"])
        .arg(&folder)
        .arg("-c")
        .arg(site.file("nginx.conf", &text)?);
    let guard = Guard::spawn("nginx", command.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let (guard, clear) = listening(guard, clear)?;
    Ok(Running::of(vec![guard], clear, tls))
}

/// A port that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no loopback port")?;
    listener.local_addr().context("no address")
}

/// Waits until `guard` takes connections at `address`.
fn listening(mut guard: Guard, address: SocketAddr) -> Result<(Guard, SocketAddr)> {
    let begin = Instant::now();
    while TcpStream::connect(address).is_err() {
        if let Some(status) = guard.ended()? {
            bail!("it ended with {status} instead of listening");
        }
        if begin.elapsed() > READY_LIMIT {
            bail!("it does not listen after {} s", READY_LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok((guard, address))
}

fn is_root() -> Result<bool> {
    let owner = fs::metadata(Path::new("/proc/self"))
        .context("no /proc")?
        .uid();
    Ok(owner == 0)
}

/// `/upload` is what nghttpd answers an upload with.
const FILES: [(&str, usize); 6] = [
    ("1k", 1 << 10),
    ("16k", 16 << 10),
    ("64k", 64 << 10),
    ("1m", 1 << 20),
    ("100m", 100 << 20),
    ("upload", 7),
];
const BLOCK: usize = 1 << 20;
const READY_LIMIT: Duration = Duration::from_secs(10);
