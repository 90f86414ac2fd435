//! The decoder of loona-hpack, to read what our encoder writes.

type Line = (Vec<u8>, Vec<u8>);

pub(crate) struct Loona(loona_hpack::Decoder<'static>);

impl Loona {
    pub(crate) fn new() -> Self {
        Self(loona_hpack::Decoder::new())
    }

    /// Takes note of the `SETTINGS_HEADER_TABLE_SIZE` that its side has announced.
    pub(crate) fn table_size(&mut self, octets: u32) {
        self.0.set_max_allowed_table_size(octets as usize);
    }

    /// The names and values in a block.
    pub(crate) fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, String> {
        self.0.decode(block).map_err(|error| error.to_string())
    }
}
