//! Dynamic table size updates (RFC 7541 sections 4.2 and 6.3).

use super::text::read_integer;
use super::{Decoder, Halt};
use crate::DecodeError;

impl<T: Default> Decoder<T> {
    /// Applies the size updates at the front of `rest`, where a block begins or
    /// goes on before its first field.
    pub(super) fn apply_size_updates(&mut self, rest: &mut &[u8]) -> Result<(), Halt> {
        while let Some(0x20..=0x3f) = rest.first() {
            let (size, behind) = read_integer(rest, 0x1f, rest)?;
            let size = size as u32;
            self.size_updates += 1;
            if self.size_updates > self.limits.max_size_updates {
                return Err(DecodeError::TooManySizeUpdates.into());
            }
            // The first one has to honour the lowest limit since the last block.
            let limit = self.size_update_due.unwrap_or(self.limits.max_table_size);
            if size > limit {
                return Err(DecodeError::SizeUpdateTooLarge.into());
            }
            self.size_update_due = None;
            self.table.set_max_size(size);
            self.summary.table_changed = true;
            *rest = behind;
        }
        if self.size_update_due.is_some() && !rest.is_empty() {
            return Err(DecodeError::SizeUpdateMissing.into());
        }
        Ok(())
    }
}
