//! The slab of producers: the one place where a stream has its slot, and the key to it.

use alloc::vec::Vec;

/// Names one stream's slot.
///
/// Handed out by [`Scheduler::open`](crate::Scheduler::open) and used by every layer above as its
/// own index. A key of a removed stream never reaches the stream that took over the slot: the
/// generation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamKey {
    index: u32,
    generation: u32,
}

impl StreamKey {
    /// The slot's number, dense from zero: an index for tables that run beside the slab.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    /// The free slots, as a stack threaded through them.
    free: Option<u32>,
    len: usize,
    /// The generation that new slots begin with: above that of every slot that was given back.
    first_generation: u32,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    content: Content<T>,
}

#[derive(Debug)]
enum Content<T> {
    Taken(T),
    Free(Option<u32>),
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self::from_generation(0)
    }

    /// One whose keys are none of those given out before `first_generation`.
    pub(crate) const fn from_generation(first_generation: u32) -> Self {
        Self {
            slots: Vec::new(),
            free: None,
            len: 0,
            first_generation,
        }
    }

    /// From which generation on no key was given out, when there is no value.
    pub(crate) fn next_generation(&self) -> u32 {
        let generations = self.slots.iter().map(|slot| slot.generation);
        generations.max().unwrap_or(self.first_generation)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes a value in, made where it is to lie: one is large, and moved as seldom as can be.
    #[inline]
    pub(crate) fn insert(&mut self, make: impl FnOnce() -> T) -> StreamKey {
        self.len += 1;
        if let Some(index) = self.free {
            let slot = &mut self.slots[index as usize];
            if let Content::Free(next) = slot.content {
                self.free = next;
            }
            slot.content = Content::Taken(make());
            return StreamKey {
                index,
                generation: slot.generation,
            };
        }
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^31 streams exist");
        let generation = self.first_generation;
        if self.slots.capacity() == 0 {
            // Many connections never have a second one at once.
            self.slots.reserve_exact(1);
        }
        self.slots.push(Slot {
            generation,
            content: Content::Taken(make()),
        });
        StreamKey { index, generation }
    }

    /// Drops the value of a key where it lies. `false`: it was gone.
    pub(crate) fn remove(&mut self, key: StreamKey) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        let slot = &mut self.slots[key.index()];
        slot.generation = slot.generation.wrapping_add(1);
        slot.content = Content::Free(self.free);
        self.free = Some(key.index);
        self.len -= 1;
        true
    }

    #[inline]
    pub(crate) fn get(&self, key: StreamKey) -> Option<&T> {
        match self.slots.get(key.index()) {
            Some(Slot {
                generation,
                content: Content::Taken(value),
            }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: StreamKey) -> Option<&mut T> {
        match self.slots.get_mut(key.index()) {
            Some(Slot {
                generation,
                content: Content::Taken(value),
            }) if *generation == key.generation => Some(value),
            _ => None,
        }
    }

    /// The value in slot `index`, with its key.
    #[inline]
    pub(crate) fn at(&mut self, index: u32) -> Option<(StreamKey, &mut T)> {
        match self.slots.get_mut(index as usize) {
            Some(Slot {
                generation,
                content: Content::Taken(value),
            }) => Some((
                StreamKey {
                    index,
                    generation: *generation,
                },
                value,
            )),
            _ => None,
        }
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match &slot.content {
            Content::Taken(value) => Some(value),
            Content::Free(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_removed_stream_does_not_reach_its_successor() {
        let mut slab = Slab::new();
        let first = slab.insert(|| 'a');
        assert!(slab.remove(first));
        let second = slab.insert(|| 'b');
        assert_eq!(second.index(), first.index());
        assert_eq!(slab.get(first), None);
        assert!(!slab.remove(first));
        assert_eq!(slab.get(second), Some(&'b'));
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn a_key_of_an_earlier_slab_reaches_nothing_in_the_one_that_goes_on() {
        let mut slab = Slab::new();
        let keys: Vec<_> = (0..3).map(|n| slab.insert(|| n)).collect();
        for key in &keys {
            assert!(slab.remove(*key));
        }
        let mut slab = Slab::from_generation(slab.next_generation());
        // Also when nothing was in it meanwhile.
        slab = Slab::from_generation(slab.next_generation());
        let later: Vec<_> = (3..6).map(|n| slab.insert(|| n)).collect();
        for (key, later) in keys.iter().zip(&later) {
            assert_eq!(slab.get(*key), None);
            assert!(slab.get(*later).is_some());
        }
    }

    #[test]
    fn freed_slots_are_used_again_before_the_slab_grows() {
        let mut slab = Slab::new();
        let keys: Vec<_> = (0..4).map(|n| slab.insert(|| n)).collect();
        slab.remove(keys[1]);
        slab.remove(keys[3]);
        assert_eq!(slab.insert(|| 7).index(), 3);
        assert_eq!(slab.insert(|| 8).index(), 1);
        assert_eq!(slab.insert(|| 9).index(), 4);
        assert_eq!(slab.values().copied().collect::<Vec<_>>(), [0, 8, 2, 7, 9]);
    }
}
