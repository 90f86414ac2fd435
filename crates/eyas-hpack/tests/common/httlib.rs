//! The decoder of httlib-hpack, to read what our encoder writes.

type Line = (Vec<u8>, Vec<u8>);

pub(crate) struct Httlib(httlib_hpack::Decoder<'static>);

impl Httlib {
    pub(crate) fn new() -> Self {
        Self(httlib_hpack::Decoder::default())
    }

    /// Takes note of the `SETTINGS_HEADER_TABLE_SIZE` that its side has announced.
    pub(crate) fn table_size(&mut self, octets: u32) {
        self.0.set_max_dynamic_size(octets);
    }

    /// The names and values in a block.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, String> {
        let mut fields = Vec::new();
        let decoded = self.0.decode(&mut block.to_vec(), &mut fields);
        decoded.map_err(|error| format!("{error:?}"))?;
        let lines = fields.into_iter().map(|(name, value, _)| (name, value));
        Ok(lines.collect())
    }
}
