//! Which streams are ready, in what order: forty-eight intrusive rings over the slab's slots.

use alloc::vec::Vec;

use crate::priority::Priority;

/// The three families of lists, sixteen classes each.
///
/// A linked stream is in exactly one list. Which one is not stored: rings with sentinels are left
/// without knowing it, and a whole list is moved in O(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Has something to say that no window holds back: a head, an end, trailers without content.
    Free = 0,
    /// Has only content to say, and its own window was open when it was linked.
    Content = 1,
    /// Has only content to say, and its own window is closed.
    Parked = 2,
}

pub(crate) const CLASSES: usize = 16;
const SENTINELS: usize = 3 * CLASSES;

#[derive(Debug)]
pub(crate) struct Lists {
    /// `ring[s]` for `s < SENTINELS` are the list heads, then one link per slot of the slab.
    /// Invariant: `ring[ring[i].next].previous == i` for every `i`; an unlinked one points at itself. Empty
    /// as long as there is no slot: no bit is set in `maybe` then.
    ring: Vec<Link>,
    /// A bit per class and family: clear when the list is surely empty.
    maybe: [u16; 3],
}

#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
}

impl Lists {
    pub(crate) const fn new() -> Self {
        Self {
            ring: Vec::new(),
            maybe: [0; 3],
        }
    }

    /// Makes room for slot `slot`, unlinked.
    #[inline]
    pub(crate) fn add_slot(&mut self, slot: u32) {
        let at = slot as usize + SENTINELS;
        if self.ring.len() <= at {
            self.grow(at + 1);
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        // One slot at first, since many connections never have two streams at once; then by doubling.
        let slots = self.ring.len().saturating_sub(SENTINELS);
        self.ring.reserve_exact(len + slots - self.ring.len());
        while self.ring.len() < self.ring.capacity() {
            self.ring.push(alone(self.ring.len() as u32));
        }
    }

    #[inline]
    pub(crate) fn is_linked(&self, slot: u32) -> bool {
        let at = slot + SENTINELS as u32;
        self.ring[at as usize].next != at
    }

    #[inline]
    pub(crate) fn unlink(&mut self, slot: u32) {
        let at = slot + SENTINELS as u32;
        let Link { previous, next } = self.ring[at as usize];
        self.ring[previous as usize].next = next;
        self.ring[next as usize].previous = previous;
        self.ring[at as usize] = alone(at);
    }

    /// Links `slot`, which must not be linked, as the last of its list.
    #[inline]
    pub(crate) fn push_back(&mut self, family: Family, class: usize, slot: u32) {
        let head = sentinel(family, class);
        let last = self.ring[head as usize].previous;
        self.insert(last, slot, head);
        self.maybe[family as usize] |= 1 << class;
    }

    /// Links `slot`, which must not be linked, as the first of its list.
    #[inline]
    pub(crate) fn push_front(&mut self, family: Family, class: usize, slot: u32) {
        let head = sentinel(family, class);
        let first = self.ring[head as usize].next;
        self.insert(head, slot, first);
        self.maybe[family as usize] |= 1 << class;
    }

    fn insert(&mut self, previous: u32, slot: u32, next: u32) {
        debug_assert!(!self.is_linked(slot));
        let at = slot + SENTINELS as u32;
        self.ring[at as usize] = Link { previous, next };
        self.ring[previous as usize].next = at;
        self.ring[next as usize].previous = at;
    }

    /// The first stream of the list, left where it is.
    #[inline]
    pub(crate) fn first(&mut self, family: Family, class: usize) -> Option<u32> {
        let head = sentinel(family, class);
        let first = self.ring[head as usize].next;
        if first == head {
            self.maybe[family as usize] &= !(1 << class);
            return None;
        }
        Some(first - SENTINELS as u32)
    }

    /// Classes whose list in `family` may hold a stream, as a bitmap.
    #[inline]
    pub(crate) fn classes(&self, family: Family) -> u16 {
        self.maybe[family as usize]
    }

    /// Makes every parked stream a ready one, in O(1) for each class: behind the ready ones of an
    /// incremental class, in front of those of a sequential one, since they came before them.
    pub(crate) fn unpark_all(&mut self) {
        let mut classes = self.maybe[Family::Parked as usize];
        while classes != 0 {
            let class = classes.trailing_zeros() as usize;
            classes &= classes - 1;
            let parked = sentinel(Family::Parked, class);
            let Link {
                previous: last,
                next: first,
            } = self.ring[parked as usize];
            if first == parked {
                continue;
            }
            let ready = sentinel(Family::Content, class);
            let before = if Priority::is_class_incremental(class) {
                self.ring[ready as usize].previous
            } else {
                ready
            };
            let behind = self.ring[before as usize].next;
            self.ring[before as usize].next = first;
            self.ring[first as usize].previous = before;
            self.ring[last as usize].next = behind;
            self.ring[behind as usize].previous = last;
            self.ring[parked as usize] = alone(parked);
            self.maybe[Family::Content as usize] |= 1 << class;
        }
        self.maybe[Family::Parked as usize] = 0;
    }
}

const fn alone(at: u32) -> Link {
    Link {
        previous: at,
        next: at,
    }
}

const fn sentinel(family: Family, class: usize) -> u32 {
    family as u32 * CLASSES as u32 + class as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(lists: &mut Lists, family: Family, class: usize) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(slot) = lists.first(family, class) {
            lists.unlink(slot);
            order.push(slot);
        }
        order
    }

    fn with_slots(count: u32) -> Lists {
        let mut lists = Lists::new();
        (0..count).for_each(|slot| lists.add_slot(slot));
        lists
    }

    #[test]
    fn streams_leave_a_list_in_the_order_they_entered_it() {
        let mut lists = with_slots(4);
        lists.push_back(Family::Content, 7, 2);
        lists.push_back(Family::Content, 7, 0);
        lists.push_front(Family::Content, 7, 3);
        assert_eq!(drained(&mut lists, Family::Content, 7), [3, 2, 0]);
        assert_eq!(lists.classes(Family::Content), 0);
        assert!(!lists.is_linked(2));
    }

    #[test]
    fn a_stream_in_the_middle_is_removed_without_knowing_its_list() {
        let mut lists = with_slots(3);
        (0..3).for_each(|slot| lists.push_back(Family::Free, 0, slot));
        lists.unlink(1);
        assert_eq!(drained(&mut lists, Family::Free, 0), [0, 2]);
    }

    #[test]
    fn a_class_is_forgotten_only_when_its_list_was_found_empty() {
        let mut lists = with_slots(2);
        lists.push_back(Family::Content, 7, 0);
        lists.push_back(Family::Content, 8, 1);
        assert_eq!(lists.first(Family::Content, 9), None);
        assert_eq!(lists.first(Family::Content, 7), Some(0));
        assert_eq!(lists.classes(Family::Content), 1 << 7 | 1 << 8);
        lists.unlink(0);
        assert_eq!(lists.first(Family::Content, 7), None);
        assert_eq!(lists.classes(Family::Content), 1 << 8);
        assert_eq!(lists.first(Family::Free, 8), None);
        assert_eq!(lists.first(Family::Content, 8), Some(1));
    }

    #[test]
    fn unparking_splices_incremental_streams_behind_the_ready_ones_of_their_class() {
        let mut lists = with_slots(5);
        lists.push_back(Family::Content, 7, 0);
        lists.push_back(Family::Parked, 7, 1);
        lists.push_back(Family::Parked, 7, 2);
        lists.push_back(Family::Parked, 3, 4);
        lists.unpark_all();
        assert_eq!(lists.classes(Family::Parked), 0);
        assert_eq!(drained(&mut lists, Family::Content, 7), [0, 1, 2]);
        assert_eq!(drained(&mut lists, Family::Content, 3), [4]);
        for class in 0..CLASSES {
            assert_eq!(lists.first(Family::Parked, class), None);
        }
    }

    #[test]
    fn unparking_splices_sequential_streams_in_front_of_the_ready_ones_of_their_class() {
        let mut lists = with_slots(4);
        lists.push_back(Family::Content, 6, 2);
        lists.push_back(Family::Content, 6, 3);
        lists.push_back(Family::Parked, 6, 0);
        lists.push_back(Family::Parked, 6, 1);
        lists.unpark_all();
        lists.unlink(3);
        lists.push_back(Family::Content, 6, 3);
        assert_eq!(drained(&mut lists, Family::Content, 6), [0, 1, 2, 3]);
    }
}
