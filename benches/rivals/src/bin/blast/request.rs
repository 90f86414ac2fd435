//! What is asked, and its header block, which is encoded anew only while the table still changes.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use eyas_hpack::{Encoder, Field};

/// A request that is made many times.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    fields: Vec<(String, String)>,
    /// Octets of content.
    pub(crate) upload: u64,
}

impl Request {
    /// For `path`, with further `fields`, each as `name: value`; one with `upload` octets of content is
    /// a POST.
    pub(crate) fn new<'a>(
        address: SocketAddr,
        tls: bool,
        path: &str,
        upload: u64,
        fields: impl Iterator<Item = &'a String>,
    ) -> Result<Self> {
        let further: Vec<(String, String)> = fields
            .map(|field| {
                let (name, value) = field
                    .split_once(':')
                    .with_context(|| format!("`{field}` is not `name: value`"))?;
                Ok((name.trim().to_lowercase(), value.trim().to_owned()))
            })
            .collect::<Result<_>>()?;
        let mut all = vec![
            (
                ":method".to_owned(),
                if upload > 0 { "POST" } else { "GET" }.to_owned(),
            ),
            (
                ":scheme".to_owned(),
                if tls { "https" } else { "http" }.to_owned(),
            ),
            (":authority".to_owned(), address.to_string()),
            (":path".to_owned(), path.to_owned()),
        ];
        if !further.iter().any(|(name, _)| name == "user-agent") {
            all.push(("user-agent".to_owned(), "blast/0.1.0".to_owned()));
        }
        if upload > 0 {
            all.push(("content-length".to_owned(), upload.to_string()));
        }
        all.extend(further);
        Ok(Self {
            fields: all,
            upload,
        })
    }
}

/// The encoder of one connection.
#[derive(Debug)]
pub(crate) struct Blocks {
    encoder: Encoder,
    /// Of the last request.
    last: Vec<u8>,
    /// Whether `last` would come out the same again, as long as nothing else is encoded.
    is_settled: bool,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self {
            encoder: Encoder::new(4096),
            last: Vec::new(),
            is_settled: false,
        }
    }

    /// The block of `request`, when it is the only one of its connection.
    pub(crate) fn same(&mut self, request: &Request) -> &[u8] {
        if !self.is_settled {
            let before = std::mem::take(&mut self.last);
            self.any(request);
            self.is_settled = self.last == before;
        }
        &self.last
    }

    /// The block of `request`, one of several.
    pub(crate) fn any(&mut self, request: &Request) -> &[u8] {
        self.last.clear();
        self.encoder.begin(&mut self.last);
        for (name, value) in &request.fields {
            self.encoder.field(Field::new(name, value), &mut self.last);
        }
        &self.last
    }

    /// The block that was encoded last.
    pub(crate) fn last(&self) -> &[u8] {
        &self.last
    }

    /// SETTINGS_HEADER_TABLE_SIZE of the server.
    pub(crate) fn table_size(&mut self, octets: u32) {
        self.encoder.set_peer_table_size(octets);
        self.is_settled = false;
    }
}
