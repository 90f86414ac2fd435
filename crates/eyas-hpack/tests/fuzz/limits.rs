//! Any limits and any blocks: the sink hears what the limits grant, and the heap holds no more than they imply.

use allocation_counter::measure;
use eyas_hpack::{
    DecodeError, DecodedField, Decoder, DecoderLimits, FIELD_OVERHEAD, Sink, UnknownField,
};

use super::input::Input;

/// Reads `data` as limits, and then as blocks in fragments and changes of the table's limit.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let setup = input.octet();
    let limits = DecoderLimits {
        max_table_size: input.size(),
        max_list_octets: input.size(),
        max_fields: input.size(),
        max_field_octets: input.size(),
        max_size_updates: u32::from(setup & 3),
        max_pending_octets: input.size(),
    };
    let new = match setup & 4 {
        0 => Decoder::new,
        _ => Decoder::joining,
    };
    let mut free = new(DecoderLimits {
        max_list_octets: u32::MAX,
        max_fields: u32::MAX,
        max_field_octets: u32::MAX,
        ..limits
    });
    let mut bound = new(limits);
    let mut heap = Heap::new(&limits);
    while !input.is_empty() {
        let cut = input.octet();
        if cut == NEW_LIMIT {
            let octets = input.size();
            heap.largest_table = heap.largest_table.max(octets.into());
            free.set_max_table_size(octets);
            bound.set_max_table_size(octets);
            continue;
        }
        let block = &*input.block(LONGEST);
        let mut all = Vec::new();
        let expected = free.decode(
            block,
            &mut Listener(|item: Item<'_>| all.push(Owned::of(item))),
        );

        let granted = granted(&all, &limits);
        let mut heard = 0;
        let mut listener = Listener(|item: Item<'_>| {
            assert!(heard < granted, "more than {limits:?} grant");
            assert_eq!(item, all[heard].item());
            heard += 1;
        });
        let mut result = Ok(());
        for fragment in block.chunks(1 + usize::from(cut)) {
            heap.longest_fragment = heap.longest_fragment.max(fragment.len() as u64);
            heap.watch(|| result = bound.decode_fragment(fragment, &mut listener));
            if result.is_err() {
                break;
            }
            if cut == RELEASE {
                heap.watch(|| bound.release_storage());
            }
        }
        let mut summary = Err(DecodeError::Truncated);
        heap.watch(|| summary = result.and_then(|()| bound.finish()));
        match (summary, expected) {
            (Ok(summary), Ok(expected)) => {
                assert_eq!(heard, granted);
                assert_eq!(summary.exceeded.is_some(), granted < all.len());
                assert_eq!(
                    (summary.fields, summary.octets),
                    (expected.fields, expected.octets)
                );
            }
            (Err(DecodeError::PendingTooLarge), _) => {
                let is_long = block.len() > limits.max_pending_octets as usize;
                assert!(is_long || expected == Err(DecodeError::Truncated));
                return;
            }
            (result, expected) => {
                assert_eq!(result.err(), expected.err());
                return;
            }
        }
        heap.check_between_blocks();
    }
}

/// The index of a field that is not known whole, a name, and a value if there is one.
type Item<'a> = (Option<u32>, &'a [u8], Option<&'a [u8]>);

struct Owned(Option<u32>, Vec<u8>, Option<Vec<u8>>);

impl Owned {
    fn of((index, name, value): Item<'_>) -> Self {
        Self(index, name.to_vec(), value.map(<[u8]>::to_vec))
    }

    fn item(&self) -> Item<'_> {
        (self.0, &self.1, self.2.as_deref())
    }
}

struct Listener<F>(F);

impl<F: FnMut(Item<'_>)> Sink<()> for Listener<F> {
    fn field(&mut self, field: DecodedField<'_>) {
        (self.0)((None, field.name, Some(field.value)));
    }

    fn unknown(&mut self, field: UnknownField<'_>) {
        (self.0)((Some(field.index), &[], field.value));
    }
}

/// How many of a block's fields, the first ones, are within all limits.
fn granted(all: &[Owned], limits: &DecoderLimits) -> usize {
    let mut list = 0;
    let within = all.iter().zip(1_u64..).take_while(|(field, count)| {
        let (name, value) = (
            field.1.len() as u64,
            field.2.as_ref().map_or(0, Vec::len) as u64,
        );
        list += name + value + u64::from(FIELD_OVERHEAD);
        *count <= limits.max_fields.into()
            && name.max(value) <= limits.max_field_octets.into()
            && list <= limits.max_list_octets.into()
    });
    within.count()
}

/// What a decoder holds, and what it is to be judged by.
struct Heap {
    held: i64,
    longest_string: u64,
    max_pending: u64,
    largest_table: u64,
    longest_fragment: u64,
}

impl Heap {
    fn new(limits: &DecoderLimits) -> Self {
        Self {
            held: 0,
            longest_string: limits.max_field_octets.into(),
            max_pending: limits.max_pending_octets.into(),
            largest_table: limits.max_table_size.into(),
            longest_fragment: 0,
        }
    }

    fn watch(&mut self, decode: impl FnOnce()) {
        let info = measure(decode);
        let peak = self.held as u64 + info.bytes_max;
        self.held += info.bytes_current;
        // Two rings, a name and a value that the sink or the table wants, the beginning of a field: each
        // up to twice as large as it has to be, and there twice while it grows.
        let strings = 2 * (self.longest_string.max(self.largest_table) + 16);
        let pending = self.max_pending + self.longest_fragment;
        let most = 5 * self.largest_table + 3 * (strings + pending) + 1024;
        assert!(peak <= most, "{peak} octets of heap, over {most}");
    }

    /// What was claimed by an unusually long field has been given back.
    fn check_between_blocks(&self) {
        let most = 3 * self.largest_table + 3 * 4096 + 1024;
        assert!(
            self.held as u64 <= most,
            "{} octets are kept, over {most}",
            self.held
        );
    }
}

/// More than a decoder keeps room for between blocks.
const LONGEST: usize = 6000;
const NEW_LIMIT: u8 = 0xff;
const RELEASE: u8 = 14;
