//! Decoders that others wrote, to read what our encoder writes.

use super::stories::Line;

/// httlib-hpack's.
pub(crate) struct Httlib(httlib_hpack::Decoder<'static>);

impl Httlib {
    pub(crate) fn new() -> Self {
        Self(httlib_hpack::Decoder::default())
    }

    /// The fields of a block.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, String> {
        let mut fields = Vec::new();
        let decoded = self.0.decode(&mut block.to_vec(), &mut fields);
        decoded.map_err(|error| format!("{error:?}"))?;
        Ok(fields
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect())
    }
}

/// loona-hpack's.
pub(crate) struct Loona(loona_hpack::Decoder<'static>);

impl Loona {
    pub(crate) fn new() -> Self {
        Self(loona_hpack::Decoder::new())
    }

    /// The fields of a block.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, String> {
        self.0.decode(block).map_err(|error| error.to_string())
    }
}
