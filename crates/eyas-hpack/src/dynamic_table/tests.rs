//! The table against a naive twin: a list of owned pairs.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{DynamicTable, DynamicTableView, Mark};

#[test]
fn nothing_is_allocated_before_the_first_insertion() {
    let table = DynamicTable::<()>::new(4096);
    assert_eq!(table.heap(), (0, 0));
}

#[test]
fn the_newest_entry_comes_first() {
    let mut table = DynamicTable::<()>::new(4096);
    assert!(add(&mut table, b"a", b"1"));
    assert!(table.insert(b"b", b"2", Mark::of_static(7)).is_some());
    let newest = table.get(0).unwrap();
    assert_eq!((newest.name, newest.value), (&b"b"[..], &b"2"[..]));
    assert_eq!(newest.mark.static_index(), Some(7));
    assert_eq!(table.get(1).unwrap().value, b"1");
    assert!(table.get(2).is_none());
    assert_eq!(DynamicTableView::new(&table).size(), 68);
}

#[test]
fn an_entry_larger_than_the_table_empties_it() {
    // RFC 7541 section 4.4
    let mut table = DynamicTable::<()>::new(64);
    assert!(add(&mut table, b"a", b"1"));
    assert!(
        add(&mut table, b"a", &[b'x'; 31]),
        "exactly as large as the table"
    );
    assert_eq!(table.len(), 1);
    assert!(!add(&mut table, b"a", &[b'x'; 32]));
    assert_eq!(table.len(), 0);
    assert_eq!(DynamicTableView::new(&table).size(), 0);
}

#[test]
fn a_smaller_maximum_evicts_the_oldest() {
    // RFC 7541 section 4.3
    let mut table = DynamicTable::<()>::new(4096);
    for value in [b"1", b"2", b"3"] {
        add(&mut table, b"n", value);
    }
    table.set_max_size(101);
    let values: Vec<_> = DynamicTableView::new(&table)
        .iter()
        .map(|pair| pair.1)
        .collect();
    assert_eq!(values, [b"3", b"2"]);
    table.set_max_size(0);
    assert_eq!(table.len(), 0);
    assert_eq!(table.heap(), (0, 0), "a table of size 0 holds no memory");
}

#[test]
fn entries_without_octets_keep_their_place() {
    let mut table = DynamicTable::<()>::new(32 * 4);
    let mut twin = Twin::new(32 * 4);
    for round in 0..1000_usize {
        let name = vec![b'n'; if round % 5 == 0 { round % 64 } else { 0 }];
        add(&mut table, &name, b"");
        twin.insert(&name, b"");
        twin.compare(&table);
    }
}

#[test]
fn an_entry_without_octets_does_not_hide_that_the_ring_is_full() {
    let mut table = DynamicTable::<()>::new(300);
    let mut twin = Twin::new(300);
    // The third evicts the first and takes its place exactly, up to the second;
    // the fourth has no octet of its own to mark where it is.
    for (octet, len) in [(b'a', 100), (b'b', 60), (b'c', 100), (b'd', 0), (b'e', 5)] {
        let name = vec![octet; len];
        add(&mut table, &name, b"");
        twin.insert(&name, b"");
        twin.compare(&table);
    }
    assert_eq!(table.len(), 4);
}

#[test]
fn a_table_that_has_warmed_up_allocates_nothing() {
    let mut table = DynamicTable::<()>::new(4096);
    let mut number = 0_u64;
    let mut insert = |table: &mut DynamicTable<()>, rounds: u32| {
        for _ in 0..rounds {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let value = vec![b'v'; (number >> 40) as usize % 300];
            add(table, b"name", &value);
        }
    };
    // Empty values first: no other mix has more entries.
    for _ in 0..200 {
        add(&mut table, b"", b"");
    }
    insert(&mut table, 20_000);
    let warm = table.heap();
    insert(&mut table, 200_000);
    assert_eq!(table.heap(), warm);
    assert!(warm.0 <= 2 * 4096 && warm.1 <= 128, "{warm:?}");
}

#[derive(Clone, Debug)]
enum Step {
    Insert(usize, usize),
    Resize(u32),
    Clear,
}

proptest! {
    #[test]
    fn any_sequence_leaves_what_the_twin_has(
        max_size in 0..600_u32,
        steps in prop::collection::vec(
            prop_oneof![
                40 => (0..40_usize, 0..80_usize).prop_map(|(n, v)| Step::Insert(n, v)),
                4 => (0..300_usize, 0..300_usize).prop_map(|(n, v)| Step::Insert(n, v)),
                2 => (0..900_u32).prop_map(Step::Resize),
                1 => Just(Step::Clear),
            ],
            0..300,
        ),
    ) {
        let mut table = DynamicTable::<()>::new(max_size);
        let mut twin = Twin::new(max_size);
        let mut largest = max_size;
        for (round, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert(name, value) => {
                    // Octets that betray the entry they belong to.
                    let name = vec![round as u8; name];
                    let value = vec![!(round as u8); value];
                    add(&mut table, &name, &value);
                    twin.insert(&name, &value);
                }
                Step::Resize(size) => {
                    largest = largest.max(size);
                    table.set_max_size(size);
                    twin.set_max_size(size);
                }
                Step::Clear => {
                    table.clear();
                    twin.entries.clear();
                }
            }
            twin.compare(&table);
            prop_assert!(table.heap().0 <= 2 * largest as usize);
        }
    }
}

struct Twin {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    max_size: usize,
}

impl Twin {
    fn new(max_size: u32) -> Self {
        Self {
            entries: VecDeque::new(),
            max_size: max_size as usize,
        }
    }

    fn size(&self) -> usize {
        self.entries
            .iter()
            .map(|(n, v)| n.len() + v.len() + 32)
            .sum()
    }

    fn insert(&mut self, name: &[u8], value: &[u8]) {
        self.entries.push_front((name.to_vec(), value.to_vec()));
        self.evict();
    }

    fn set_max_size(&mut self, max_size: u32) {
        self.max_size = max_size as usize;
        self.evict();
    }

    fn evict(&mut self) {
        while self.size() > self.max_size {
            self.entries.pop_back();
        }
    }

    #[track_caller]
    fn compare(&self, table: &DynamicTable<()>) {
        let view = DynamicTableView::new(table);
        assert_eq!(view.size() as usize, self.size());
        assert_eq!(view.len(), self.entries.len());
        for (position, (name, value)) in self.entries.iter().enumerate() {
            assert_eq!(view.get(position), Some((&name[..], &value[..])));
        }
    }
}

fn add(table: &mut DynamicTable<()>, name: &[u8], value: &[u8]) -> bool {
    table.insert(name, value, Mark::default()).is_some()
}
