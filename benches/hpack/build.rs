//! Makes the rivals that cannot be called as crates: finds their sources, copies, compiles.
//!
//! Nothing of theirs is committed: the sources lie where cargo or the caller put them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    let packages = Packages::find()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let stories = packages.folder("httlib-hpack")?.join("fixtures");
    println!("cargo::rustc-env=BENCH_STORIES={}", stories.display());
    h2(&packages.folder("h2")?, &out.join("h2"))?;
    ls_hpack(&packages.folder("ls-qpack-sys")?, &out.join("ls-hpack"))?;
    nghttp2();
    Ok(())
}

/// Copies the private module `hpack` of h2, and writes the little of its crate that the module uses.
fn h2(package: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    copy_sources(&package.join("src/hpack"), &to.join("hpack"))?;
    let protocol = fs::read_to_string(package.join("src/ext.rs"))?;
    // Comments of the crate cannot stand inside a module that is included.
    let protocol = protocol.replace("//!", "//");
    fs::write(to.join("ext.rs"), moved(&protocol))?;
    let root = "pub mod ext;\npub mod hpack;\n\
                pub mod frame {\n    pub enum Error {\n        Hpack(super::hpack::DecoderError),\n    }\n}\n\
                pub mod huffman {\n    pub use super::hpack::huffman::{decode, encode};\n}\n";
    fs::write(to.join("source.rs"), root)?;
    Ok(())
}

fn copy_sources(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_sources(&entry.path(), &target)?;
        } else {
            fs::write(target, moved(&fs::read_to_string(entry.path())?))?;
        }
    }
    Ok(())
}

/// The source of a crate's module as it has to read deeper inside another crate, without its tests.
fn moved(source: &str) -> String {
    // Test modules stand at the end; they do not even parse in our edition.
    let end = source
        .find("#[cfg(test)]\nmod test {")
        .unwrap_or(source.len());
    source[..end]
        .replace("crate::", "crate::libraries::h2::source::")
        .replace("#[cfg(test)]\nmod ", "#[cfg(any())]\nmod ")
}

/// Compiles ls-hpack from the folder named by `BENCH_LS_HPACK`: once as its authors set it up, with large
/// tables, and with hashes and HTTP/1 separators in what it decodes; once without the latter two, its
/// functions then named `bare_...`.
fn ls_hpack(ls_qpack: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=BENCH_LS_HPACK");
    println!("cargo::rerun-if-changed=shim");
    let Some(from) = env::var_os("BENCH_LS_HPACK").map(PathBuf::from) else {
        return Ok(());
    };
    fs::create_dir_all(to)?;
    for name in ["lshpack.c", "lsxpack_header.h"] {
        fs::copy(from.join(name), to.join(name))?;
    }
    // Some who carry ls-hpack switch these two off in its header; a `-D` could not switch them on again.
    let header = fs::read_to_string(from.join("lshpack.h"))?
        .replace("#define LSHPACK_DEC_HTTP1X_OUTPUT 0", "")
        .replace("#define LSHPACK_DEC_CALC_HASH 0", "");
    fs::write(to.join("lshpack.h"), header)?;
    // And they leave out the large tables, which the same authors' QPACK has too.
    let source = ls_qpack.join("deps/ls-qpack");
    fs::copy(source.join("huff-tables.h"), to.join("huff-tables.h"))?;
    let xxhash = source.join("deps/xxhash");
    let build = |name: &str| {
        let mut build = cc::Build::new();
        build
            .file("shim/ls_hpack.c")
            .include(to)
            .include(&xxhash)
            .define("XXH_HEADER_NAME", "\"xxhash.h\"")
            .define("LS_HPACK_USE_LARGE_TABLES", "1")
            // The same tables under the name that QPACK's copy of them asks for.
            .define("LS_QPACK_USE_LARGE_TABLES", "1")
            .define("NDEBUG", None)
            .opt_level(3)
            // As the xtask has it for Rust.
            .flag_if_supported("-falign-functions=64")
            .flag_if_supported("-falign-loops=64")
            // Our own wish for line numbers must not cost it a register.
            .debug(false)
            .force_frame_pointer(false)
            .warnings(false);
        (build, format!("bench_{name}"))
    };
    let (mut bare, name) = build("ls_hpack_bare");
    for function in LS_HPACK {
        bare.define(function, Some(&*format!("bare_{function}")));
    }
    bare.define("LSHPACK_DEC_HTTP1X_OUTPUT", "0")
        .define("LSHPACK_DEC_CALC_HASH", "0");
    bare.try_compile(&name)?;
    let (mut usual, name) = build("ls_hpack");
    usual.file(xxhash.join("xxhash.c")).try_compile(&name)?;
    println!("cargo::rustc-cfg=has_ls_hpack");
    Ok(())
}

/// All functions of ls-hpack that other objects see.
const LS_HPACK: [&str; 13] = [
    "bench_lshpack_huff_decode",
    "bench_lshpack_huff_encode",
    "lshpack_dec_cleanup",
    "lshpack_dec_decode",
    "lshpack_dec_init",
    "lshpack_dec_set_max_capacity",
    "lshpack_enc_cleanup",
    "lshpack_enc_encode",
    "lshpack_enc_get_stx_tab_id",
    "lshpack_enc_hist_used",
    "lshpack_enc_init",
    "lshpack_enc_set_max_capacity",
    "lshpack_enc_use_hist",
];

/// Links nghttp2 if the system has it, statically where it can be.
fn nghttp2() {
    let Some(folder) = library_folder() else {
        return;
    };
    let kind = if folder.join("libnghttp2.a").is_file() {
        "static"
    } else if folder.join("libnghttp2.so").is_file() {
        "dylib"
    } else {
        return;
    };
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib={kind}=nghttp2");
    println!("cargo::rustc-cfg=has_nghttp2");
}

/// Where pkg-config says that nghttp2 lies.
fn library_folder() -> Option<PathBuf> {
    let output = Command::new("pkg-config")
        .args(["--variable=libdir", "libnghttp2"])
        .output()
        .ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !folder.trim().is_empty()).then(|| PathBuf::from(folder.trim()))
}

/// What `cargo metadata` knows of our dependencies, those that are never compiled included.
struct Packages(Value);

impl Packages {
    fn find() -> Result<Self, Box<dyn Error>> {
        let manifest = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
        let output =
            Command::new(env::var_os("CARGO").ok_or("cargo runs this, and says where it is")?)
                .args([
                    "metadata",
                    "--format-version",
                    "1",
                    "--locked",
                    "--manifest-path",
                ])
                .arg(manifest)
                .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(Self(serde_json::from_slice(&output.stdout)?))
    }

    /// The folder of the package `name`.
    fn folder(&self, name: &str) -> Result<PathBuf, Box<dyn Error>> {
        let packages = self.0["packages"]
            .as_array()
            .ok_or("no packages in cargo metadata")?;
        packages
            .iter()
            .find(|package| package["name"] == name)
            .and_then(|package| Path::new(package["manifest_path"].as_str()?).parent())
            .map(Path::to_owned)
            .ok_or_else(|| format!("cargo metadata does not know the package `{name}`").into())
    }
}
