//! From a stream identifier to its key: open addressing over a power of two, no hashing of note.

use eyas_output::StreamKey;

/// Identifiers rise by two, so `id / 2` spreads neighbours over neighbouring places; an adversary who
/// skips identifiers to collide is bounded by the number of streams he may have open.
#[derive(Debug, Default)]
pub(crate) struct StreamIndex {
    /// `None` ends a probe. Invariant: at least half the places are `None`.
    places: Vec<Option<(u32, StreamKey)>>,
    len: usize,
}

const PLACES_MIN: usize = 16;

impl StreamIndex {
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<StreamKey> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(id);
        while let Some((other, key)) = self.places[at] {
            if other == id {
                return Some(key);
            }
            at = self.after(at);
        }
        None
    }

    pub(crate) fn insert(&mut self, id: u32, key: StreamKey) {
        if (self.len + 1) * 2 > self.places.len() {
            self.grow();
        }
        let mut at = self.home(id);
        while self.places[at].is_some() {
            at = self.after(at);
        }
        self.places[at] = Some((id, key));
        self.len += 1;
    }

    pub(crate) fn remove(&mut self, id: u32) {
        if self.len == 0 {
            return;
        }
        let mut hole = self.home(id);
        loop {
            match self.places[hole] {
                None => return,
                Some((other, _)) if other == id => break,
                Some(_) => hole = self.after(hole),
            }
        }
        self.len -= 1;
        // Close the gap: move back whatever would not be found across it.
        let mut at = hole;
        loop {
            self.places[hole] = None;
            loop {
                at = self.after(at);
                let Some((other, _)) = self.places[at] else {
                    return;
                };
                let home = self.home(other);
                let mask = self.places.len() - 1;
                if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                    break;
                }
            }
            self.places[hole] = self.places[at];
            hole = at;
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
