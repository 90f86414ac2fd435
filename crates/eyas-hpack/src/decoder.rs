//! From a header block to field lines (RFC 7541 section 3).

use core::fmt;

use crate::dynamic_table::{DynamicTable, DynamicTableView};
use crate::{BlockSummary, DEFAULT_TABLE_SIZE, DecodeError, DecoderLimits, HuffmanError, Sink};
use pending::Pending;
use text::Scratch;

mod field;
mod pending;
mod size_updates;
mod text;

/// Decodes the header blocks of one direction of one connection.
///
/// `T` is what the user keeps beside each entry of the dynamic table, a
/// validated form of the field for example: see
/// [`DecodedField::slot`](crate::DecodedField::slot).
///
/// Blocks must be decoded to their end and in the order they were sent. After an
/// error the table is no longer in step with the peer's, so the decoder does
/// nothing from then on but return that error again.
///
/// ```
/// use eyas_hpack::{DecodedField, Decoder, DecoderLimits};
///
/// let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
/// let mut lines = Vec::new();
/// let summary = decoder.decode(b"\x82\x41\x07eyas.rs", &mut |field: DecodedField<'_>| {
///     lines.push((field.name.to_vec(), field.value.to_vec()));
/// })?;
/// assert_eq!(lines[1], (b":authority".to_vec(), b"eyas.rs".to_vec()));
/// assert_eq!((summary.fields, summary.exceeded), (2, None));
/// assert_eq!(decoder.table().len(), 1);
/// # Ok::<(), eyas_hpack::DecodeError>(())
/// ```
pub struct Decoder<T = ()> {
    // What the peer's encoder holds too.
    table: DynamicTable<T>,

    // What we were told.
    limits: DecoderLimits,
    /// The lowest limit announced since the last block, if the peer has to
    /// confirm it with a size update.
    size_update_due: Option<u32>,
    /// Whether the table may lack what was sent before our time.
    has_joined: bool,

    // The block under way.
    summary: BlockSummary,
    /// Size updates so far.
    size_updates: u32,
    pending: Pending,
    scratch: Scratch,

    /// The error that ended it all.
    poison: Option<DecodeError>,
}

impl<T: Default> Decoder<T> {
    /// A decoder with an empty table of at most
    /// `min(4096, limits.max_table_size)` octets.
    ///
    /// A peer may use 4096 octets until it has seen our settings (RFC 9113
    /// section 6.5.2). To announce less, begin with 4096 and call
    /// [`set_max_table_size`](Self::set_max_table_size) when the setting is
    /// acknowledged; to announce more, begin with more.
    #[must_use]
    pub fn new(limits: DecoderLimits) -> Self {
        Self {
            table: DynamicTable::new(DEFAULT_TABLE_SIZE.min(limits.max_table_size)),
            limits,
            size_update_due: None,
            has_joined: false,
            summary: BlockSummary::default(),
            size_updates: 0,
            pending: Pending::default(),
            scratch: Scratch::default(),
            poison: None,
        }
    }

    /// A decoder for somebody who listens in on a connection that has begun, from
    /// any block on.
    ///
    /// A reference to an entry from before is no error: the sink's
    /// [`unknown`](Sink::unknown) hears of it. From the table's turnover on nothing
    /// is unknown any more. The table is taken to have the maximum size
    /// `limits.max_table_size`, in octets, until a size update says otherwise; it
    /// should be what the connection has settled on.
    ///
    /// ```
    /// use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Sink, UnknownField};
    ///
    /// #[derive(Default)]
    /// struct Sniffer(Vec<String>);
    ///
    /// impl Sink<()> for Sniffer {
    ///     fn field(&mut self, field: DecodedField<'_>) {
    ///         self.0.push(format!("{field:?}"));
    ///     }
    ///
    ///     fn unknown(&mut self, field: UnknownField<'_>) {
    ///         self.0.push(format!("entry {}", field.index));
    ///     }
    /// }
    ///
    /// let mut decoder = Decoder::joining(DecoderLimits::default());
    /// let mut sniffer = Sniffer::default();
    /// decoder.decode(b"\x82\xbf\x40\x01a\x01b\xbe", &mut sniffer)?;
    /// assert_eq!(sniffer.0, [":method: GET", "entry 63", "a: b", "a: b"]);
    /// # Ok::<(), eyas_hpack::DecodeError>(())
    /// ```
    #[must_use]
    pub fn joining(limits: DecoderLimits) -> Self {
        Self {
            table: DynamicTable::new(limits.max_table_size),
            has_joined: true,
            ..Self::new(limits)
        }
    }

    /// Changes the limit for the table, in octets, once the peer has acknowledged
    /// our `SETTINGS_HEADER_TABLE_SIZE`.
    ///
    /// The table itself only changes with the peer's next size update. If the
    /// limit falls below the table's maximum size, the next block has to begin
    /// with one (RFC 7541 section 4.2).
    pub fn set_max_table_size(&mut self, octets: u32) {
        self.limits.max_table_size = octets;
        if octets < self.table.max_size() {
            let lowest = self.size_update_due.map_or(octets, |due| due.min(octets));
            self.size_update_due = Some(lowest);
        }
    }

    /// Decodes one whole header block, or the last fragment of one, and hands its
    /// fields to `sink` in order.
    ///
    /// The block is decoded to its end also when it exceeds a limit; from then on
    /// `sink` hears nothing more. Fields before an error have been handed over.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: the connection has to end with `COMPRESSION_ERROR` (RFC
    /// 9113 section 4.3). Every later call returns it again.
    pub fn decode<S>(&mut self, block: &[u8], sink: &mut S) -> Result<BlockSummary, DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        match self.advance(block, sink)? {
            None => self.finish(),
            Some(_) => Err(self.poisoned(DecodeError::Truncated)),
        }
    }

    /// Decodes a fragment of a header block, cut off anywhere, and hands the fields
    /// that are complete to `sink`. Behind the last one belongs
    /// [`finish`](Self::finish).
    ///
    /// What is kept is the beginning of one field, as it was sent and at most
    /// [`DecoderLimits::max_pending_octets`] of it; what a block costs does not
    /// depend on how it is cut.
    ///
    /// # Errors
    ///
    /// As for [`decode`](Self::decode).
    ///
    /// ```
    /// use eyas_hpack::{DecodedField, Decoder, DecoderLimits};
    ///
    /// let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
    /// let mut lines = Vec::new();
    /// for fragment in b"\x82\x41\x07eyas.rs".chunks(2) {
    ///     let sink = &mut |field: DecodedField<'_>| lines.push(format!("{field:?}"));
    ///     decoder.decode_fragment(fragment, sink)?;
    /// }
    /// assert_eq!(decoder.finish()?.fields, 2);
    /// assert_eq!(lines, [":method: GET", ":authority: eyas.rs"]);
    /// # Ok::<(), eyas_hpack::DecodeError>(())
    /// ```
    #[inline]
    pub fn decode_fragment<S>(&mut self, fragment: &[u8], sink: &mut S) -> Result<(), DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        if self.pending.absorb(fragment) {
            return Ok(());
        }
        self.decode_on(fragment, sink)
    }

    /// Decodes a fragment with which there may be a field more.
    fn decode_on<S>(&mut self, fragment: &[u8], sink: &mut S) -> Result<(), DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        if let Some((octets, need)) = self.advance(fragment, sink)? {
            if need > self.limits.max_pending_octets as usize {
                return Err(self.poisoned(DecodeError::PendingTooLarge));
            }
            self.pending.keep(octets, need);
        }
        Ok(())
    }

    /// Gives back all storage but the table's, for a connection that is silent: the
    /// scratch space, that for fields in fragments if none has come in part, and what
    /// the user keeps in the [slots](crate::DecodedField::slot), which are
    /// `T::default()` again.
    pub fn release_storage(&mut self) {
        self.table.reset_slots();
        self.scratch = Scratch::default();
        if self.pending.need() == 0 {
            self.pending = Pending::default();
        }
    }

    /// Ends a block of which all fragments were decoded.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] if the last field is not whole, and the error of
    /// the block if there was one.
    #[inline]
    pub fn finish(&mut self) -> Result<BlockSummary, DecodeError> {
        if self.pending.need() > 0 {
            return Err(self.poisoned(DecodeError::Truncated));
        }
        if let Some(error) = self.poison {
            return Err(error);
        }
        self.pending.trim();
        self.scratch.trim();
        self.size_updates = 0;
        Ok(core::mem::take(&mut self.summary))
    }

    /// The dynamic table as it is now.
    #[inline]
    #[must_use]
    pub const fn table(&self) -> DynamicTableView<'_, T> {
        DynamicTableView::new(&self.table)
    }

    /// The limits in force.
    #[inline]
    #[must_use]
    pub const fn limits(&self) -> &DecoderLimits {
        &self.limits
    }

    /// Decodes what is whole; returns what is not, and how many octets it has at
    /// least.
    #[inline]
    fn advance<'f, S>(
        &mut self,
        fragment: &'f [u8],
        sink: &mut S,
    ) -> Result<Option<(&'f [u8], usize)>, DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        let mut rest = fragment;
        while self.pending.need() > 0 {
            let Some(behind) = self.pending.fill(rest) else {
                return Ok(Some((&[], self.pending.need())));
            };
            rest = behind;
            let octets = self.pending.take();
            match self.fields(&mut &octets[..], sink) {
                Ok(()) => self.pending.put_back(octets, 0),
                Err(Halt::NeedMore(need)) => self.pending.put_back(octets, need),
                Err(Halt::Malformed(error)) => return Err(self.poisoned(error)),
            }
        }
        if let Some(error) = self.poison {
            return Err(error);
        }
        match self.fields(&mut rest, sink) {
            Ok(()) => Ok(None),
            Err(Halt::NeedMore(need)) => Ok(Some((rest, need))),
            Err(Halt::Malformed(error)) => Err(self.poisoned(error)),
        }
    }

    #[cold]
    fn poisoned(&mut self, error: DecodeError) -> DecodeError {
        self.pending = Pending::default();
        *self.poison.get_or_insert(error)
    }
}

impl<T> fmt::Debug for Decoder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("table", &self.table)
            .field("limits", &self.limits)
            .field("size_update_due", &self.size_update_due)
            .field("poison", &self.poison)
            .finish_non_exhaustive()
    }
}

/// Why decoding does not go on.
enum Halt {
    /// The field at the front has this many octets at least, more than there are.
    NeedMore(usize),
    Malformed(DecodeError),
}

impl From<DecodeError> for Halt {
    #[inline]
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<HuffmanError> for Halt {
    #[inline]
    fn from(error: HuffmanError) -> Self {
        Self::Malformed(DecodeError::Huffman(error))
    }
}

#[cfg(test)]
mod tests;
