//! From a stream identifier to its key: Robin Hood hashing over a power of two, with no hashing of note.

use eyas_output::StreamKey;

/// Identifiers rise by two, so `id / 2` spreads neighbours over neighbouring places, each at home there;
/// an adversary who skips identifiers to collide is bounded by the number of streams he may have open.
#[derive(Debug, Default)]
pub(crate) struct StreamIndex {
    /// `None` ends a probe. Invariants: at least half the places are `None`, and along a run of taken
    /// places nobody is nearer to its home than the one whose place it could have.
    places: Vec<Option<(u32, StreamKey)>>,
    len: usize,
}

const PLACES_MIN: usize = 4;

impl StreamIndex {
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<StreamKey> {
        let at = self.place_of(id)?;
        self.places[at].map(|(_, key)| key)
    }

    pub(crate) fn insert(&mut self, id: u32, key: StreamKey) {
        if (self.len + 1) * 2 > self.places.len() {
            self.grow();
        }
        self.len += 1;
        let mut entry = (id, key);
        let mut at = self.home(id);
        while self.places[at].is_some() {
            if self.distance(at) < self.distance_of(entry.0, at) {
                // Whoever is nearer to its home gives way.
                entry = self.places[at].replace(entry).unwrap_or(entry);
            }
            at = self.after(at);
        }
        self.places[at] = Some(entry);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        let Some(mut hole) = self.place_of(id) else {
            return;
        };
        self.len -= 1;
        // Whoever is not at home moves one nearer; the first that is ends it.
        let mut next = self.after(hole);
        while self.places[next].is_some() && self.distance(next) > 0 {
            self.places[hole] = self.places[next];
            hole = next;
            next = self.after(next);
        }
        self.places[hole] = None;
    }

    #[inline]
    fn place_of(&self, id: u32) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(id);
        loop {
            let (other, _) = self.places[at]?;
            if other == id {
                return Some(at);
            }
            at = self.after(at);
        }
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(PLACES_MIN);
        let old = std::mem::replace(&mut self.places, vec![None; size]);
        self.len = 0;
        for (id, key) in old.into_iter().flatten() {
            self.insert(id, key);
        }
    }

    /// How far from its home the entry at `at` is; zero for an empty place.
    #[inline]
    fn distance(&self, at: usize) -> usize {
        self.places[at].map_or(0, |(id, _)| self.distance_of(id, at))
    }

    #[inline]
    fn distance_of(&self, id: u32, at: usize) -> usize {
        at.wrapping_sub(self.home(id)) & (self.places.len() - 1)
    }

    #[inline]
    fn home(&self, id: u32) -> usize {
        (id >> 1) as usize & (self.places.len() - 1)
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use eyas_frame::StreamId;
    use eyas_output::{FrameWriter, Marks, Priority, Scheduler};
    use proptest::prelude::*;

    use super::*;
    use crate::Head;

    proptest! {
        #[test]
        fn it_answers_as_a_map_does(steps in proptest::collection::vec((0_u32..64, any::<bool>()), 0..400)) {
            let mut scheduler: Scheduler<Head> = Scheduler::new(FrameWriter::new(0), Marks::default(), 1);
            let mut index = StreamIndex::default();
            let mut model = HashMap::new();
            for (step, insert) in steps {
                // A stride of 32 makes most identifiers collide.
                let id = step * 32 + 1;
                if insert && !model.contains_key(&id) {
                    let stream_id = StreamId::new(id).expect("small");
                    let key = scheduler.open(stream_id, Priority::default());
                    model.insert(id, key);
                    index.insert(id, key);
                } else {
                    model.remove(&id);
                    index.remove(id);
                }
                for step in 0..64 {
                    let id = step * 32 + 1;
                    prop_assert_eq!(index.get(id), model.get(&id).copied());
                }
            }
        }
    }
}
