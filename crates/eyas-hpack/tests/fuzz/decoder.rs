//! Header blocks of any octets: ours judges them as the naive decoder does, however they are cut.

use std::iter;

use eyas_hpack::{BlockSummary, DecodeError, DecodedField, Decoder, DecoderLimits, FIELD_OVERHEAD};

use super::input::Input;
use super::twin::{Heard, Twin};

/// Reads `data` as blocks of one connection, each behind the way it is cut, and as changes of the table's limit.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut twin = Twin::new();
    let mut ours = [(); 3].map(|()| Ours::new(WITHOUT_LIMITS));
    while !input.is_empty() {
        let cut = input.octet();
        if cut == NEW_LIMIT {
            let octets = input.size();
            twin.set_limit(octets);
            ours.iter_mut()
                .for_each(|ours| ours.set_max_table_size(octets));
            continue;
        }
        let block = &*input.block(LONGEST);
        let (first, rest) = block.split_at(usize::from(cut).min(block.len()));
        let pieces = iter::once(first).chain(rest.chunks(1 + usize::from(cut) % 16));
        let [whole, singly, in_pieces] = &mut ours;
        if cut % 16 == RELEASE {
            in_pieces.release_storage();
        }
        let (heard, result) = decode(whole, &[block]);
        let in_fragments = [
            decode(singly, &block.chunks(1).collect::<Vec<_>>()),
            decode(in_pieces, &pieces.collect::<Vec<_>>()),
        ];
        for again in in_fragments {
            assert_eq!(again, (heard.clone(), result));
        }
        let (expected, accepted) = twin.decode(block);
        assert_eq!(heard, expected);
        assert_eq!(result.is_ok(), accepted.is_ok(), "{result:?}");
        match result {
            Ok(summary) => check_summary(&summary, &heard),
            Err(_) => return ours.iter_mut().for_each(check_poisoned),
        }
        ours.iter().for_each(|ours| check_table(ours, &twin));
    }
}

/// With each entry of its table it keeps what it was heard to be at first.
type Ours = Decoder<Option<Heard>>;

type Decoded = (Vec<Heard>, Result<BlockSummary, DecodeError>);

/// Decodes a block in its fragments.
fn decode(ours: &mut Ours, fragments: &[&[u8]]) -> Decoded {
    let mut all = Vec::new();
    let mut sink = |field: DecodedField<'_, Option<Heard>>| {
        let heard = Heard::of(&field);
        if let Some(slot) = field.slot {
            assert_eq!(slot.get_or_insert_with(|| heard.clone()), &heard);
        }
        all.push(heard);
    };
    let result = match fragments {
        [block] => ours.decode(block, &mut sink),
        fragments => fragments
            .iter()
            .try_for_each(|fragment| ours.decode_fragment(fragment, &mut sink))
            .and_then(|()| ours.finish())
            // One field of more than 4 GiB, so it says, is too large for any limit.
            .map_err(|error| match error {
                DecodeError::PendingTooLarge => DecodeError::Truncated,
                error => error,
            }),
    };
    (all, result)
}

fn check_summary(summary: &BlockSummary, heard: &[Heard]) {
    let octets = |heard: &Heard| heard.name.len() + heard.value.len() + FIELD_OVERHEAD as usize;
    let octets: usize = heard.iter().map(octets).sum();
    assert_eq!(
        (summary.fields as usize, summary.octets),
        (heard.len(), octets as u64)
    );
    assert_eq!(summary.exceeded, None);
}

fn check_table(ours: &Ours, twin: &Twin) {
    let table = ours.table();
    assert_eq!(table.max_size() as usize, twin.max_size);
    let theirs = twin
        .entries
        .iter()
        .map(|entry| (&entry.name[..], &entry.value[..]));
    assert!(table.iter().eq(theirs), "{:?}", twin.entries);
}

/// Nothing but the same error comes out of it any more.
fn check_poisoned(ours: &mut Ours) {
    let error = ours.finish().map(|_| ());
    assert!(error.is_err());
    for block in [&[0x82][..], &[]] {
        let mut sink = |field: DecodedField<'_, Option<Heard>>| panic!("{field:?}");
        assert_eq!(ours.decode(block, &mut sink).map(|_| ()), error);
        assert_eq!(ours.decode_fragment(block, &mut sink), error);
    }
}

/// Three such fields fill a table.
const LONGEST: usize = 1600;
const NEW_LIMIT: u8 = 0xff;
const RELEASE: u8 = 14;

const WITHOUT_LIMITS: DecoderLimits = DecoderLimits {
    max_table_size: 4096,
    max_list_octets: u32::MAX,
    max_fields: u32::MAX,
    max_field_octets: u32::MAX,
    max_size_updates: 2,
    max_pending_octets: u32::MAX,
};
