//! Whose turn it is: the most urgent stream, turns by octets among equals, and a small share for the
//! less urgent.

use core::num::NonZeroU32;

use crate::block::FieldBlock;
use crate::lists::Family;
use crate::scheduler::Scheduler;

/// Octets of one turn: one frame of the default size (RFC 9113 section 4.2), whatever larger frames
/// the peer would take.
pub(crate) const QUANTUM: u32 = 16 * 1024;

/// The same, as lanes count: a lane's debt or credit is never more.
const LANE_QUANTUM: i16 = QUANTUM as i16;

const URGENCIES: usize = 8;

/// The kinds of ready streams within one urgency, which alternate by octets: streams with free work
/// and streams with only content, of each the sequential ones and the incremental ones.
const LANES: usize = 4;

/// Deficit round robin over the lanes of each urgency, and the share of the less urgent.
#[derive(Debug)]
pub(crate) struct Turns {
    urgencies: [Lanes; URGENCIES],
    /// Of so many turns' worth of octets, one turn goes to a less urgent stream that waits.
    lower_share: Option<NonZeroU32>,
    /// Octets given to the most urgent, since the last such turn, while less urgent ones waited.
    passed_over_octets: u64,
    /// The urgency at which the search for a less urgent stream goes on: `< URGENCIES`.
    lower_next: u8,
}

#[derive(Clone, Copy, Debug)]
struct Lanes {
    /// Octets each lane may still send in its turn: `-QUANTUM <= left <= QUANTUM`. What a turn took
    /// too much is missing in the next.
    left: [i16; LANES],
    /// Whose turn it is: `< LANES`.
    current: u8,
}

// Every connection has one, whatever it does.
const _: () = assert!(size_of::<Turns>() <= 96);

/// One turn, given to the stream in `slot`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) slot: u32,
    pub(crate) family: Family,
    urgency: usize,
    lane: usize,
    /// Less urgent streams may be waiting.
    others_wait: bool,
    /// It is the share of the less urgent: more urgent streams are waiting.
    pub(crate) is_share: bool,
}

/// What a turn costs the lane it was given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    /// What was written.
    Octets,
    /// Nothing: the stream has begun, and had its first turn among those it joins. Only responses
    /// that come and go within one turn could otherwise keep the others waiting for good.
    Nothing,
}

impl Turns {
    pub(crate) const fn new() -> Self {
        let lanes = Lanes {
            left: [LANE_QUANTUM, 0, 0, 0],
            current: 0,
        };
        Self {
            urgencies: [lanes; URGENCIES],
            lower_share: None,
            passed_over_octets: 0,
            lower_next: 0,
        }
    }

    pub(crate) const fn set_lower_share(&mut self, one_in: Option<NonZeroU32>) {
        self.lower_share = one_in;
    }

    /// Notes what the stream whose turn it was wrote, in octets.
    #[inline]
    pub(crate) fn spent(&mut self, turn: &Turn, charge: Charge, octets: usize) {
        if charge == Charge::Octets {
            let left = &mut self.urgencies[turn.urgency].left[turn.lane];
            // Twice a quantum takes the fullest lane to the deepest debt there is.
            let octets_at_most = octets.min(2 * QUANTUM as usize) as i32;
            *left = (i32::from(*left) - octets_at_most).max(-i32::from(LANE_QUANTUM)) as i16;
        }
        if turn.is_share {
            self.passed_over_octets = 0;
        } else if turn.others_wait && self.lower_share.is_some() {
            self.passed_over_octets += octets as u64;
        }
    }

    /// The urgency to serve, of those in the bitmap `waiting`, which is not empty: the lowest number,
    /// unless it is the turn of the others.
    #[inline]
    fn urgency(&self, waiting: u8) -> usize {
        let top = waiting.trailing_zeros() as usize;
        let others = waiting & (waiting - 1);
        match self.lower_share {
            Some(one_in) if others != 0 && self.passed_over_octets >= octets_of(one_in) => {
                let from_next = others >> self.lower_next << self.lower_next;
                let candidates = if from_next != 0 { from_next } else { others };
                candidates.trailing_zeros() as usize
            }
            _ => top,
        }
    }

    /// The lane to serve, of those in the bitmap `ready`, which is not empty.
    #[inline]
    fn lane(&mut self, urgency: usize, ready: u8) -> usize {
        let lanes = &mut self.urgencies[urgency];
        if ready.is_power_of_two() {
            let only = ready.trailing_zeros() as usize;
            lanes.left[usize::from(lanes.current)] = 0;
            lanes.left[only] = LANE_QUANTUM;
            lanes.current = only as u8;
            return only;
        }
        // No debt is above one quantum: a ready lane is found in the third round at the latest.
        loop {
            let lane = usize::from(lanes.current);
            if ready & (1 << lane) == 0 {
                // Who has nothing to send saves nothing up.
                lanes.left[lane] = 0;
            } else if lanes.left[lane] > 0 {
                return lane;
            }
            let next = (lane + 1) % LANES;
            lanes.left[next] += LANE_QUANTUM;
            lanes.current = next as u8;
        }
    }
}

impl<H: FieldBlock> Scheduler<H> {
    /// Whose turn it is, if any stream may send anything.
    #[inline]
    pub(crate) fn next_turn(&mut self) -> Option<Turn> {
        let content_may_go = self.flow.connection_available() > 0;
        loop {
            let mut classes = self.lists.classes(Family::Free);
            if content_may_go {
                classes |= self.lists.classes(Family::Content);
            }
            if classes == 0 {
                return None;
            }
            let waiting = urgencies(classes);
            let urgency = self.turns.urgency(waiting);
            let ready = self.ready_lanes(urgency, content_may_go);
            if ready == 0 {
                // The bitmap was stale, and has just been put right.
                continue;
            }
            let lane = self.turns.lane(urgency, ready);
            let (family, class) = list_of(urgency, lane);
            let slot = self.front(family, class)?;
            // What the stale bits of the bitmap say of the others costs a turn at most.
            let is_share = urgency != waiting.trailing_zeros() as usize;
            if is_share {
                self.turns.lower_next = ((urgency + 1) % URGENCIES) as u8;
            }
            return Some(Turn {
                slot,
                family,
                urgency,
                lane,
                others_wait: !waiting.is_power_of_two(),
                is_share,
            });
        }
    }

    /// Whether any stream has a turn.
    pub(crate) fn may_send(&mut self) -> bool {
        let content_may_go = self.flow.connection_available() > 0;
        (0..URGENCIES).any(|urgency| self.ready_lanes(urgency, content_may_go) != 0)
    }

    /// Whether no other stream of the urgency is linked as ready.
    #[inline]
    pub(crate) fn is_alone(&mut self, turn: &Turn) -> bool {
        let mut lanes = self.lanes(turn.urgency);
        while lanes != 0 {
            let (family, class) = list_of(turn.urgency, lanes.trailing_zeros() as usize);
            if self.lists.first(family, class).is_some() {
                return false;
            }
            lanes &= lanes - 1;
        }
        true
    }

    /// The lanes of an urgency that may hold a stream, as a bitmap.
    #[inline]
    fn lanes(&self, urgency: usize) -> u8 {
        let of = |family| (self.lists.classes(family) >> (urgency * 2)) as u8 & 0b11;
        of(Family::Free) | of(Family::Content) << 2
    }

    /// The first stream of a list that can send.
    ///
    /// A smaller initial window closes streams' windows without touching the streams (RFC 9113
    /// section 6.9.2), and a larger one need not open all that it moves: they are parked here.
    pub(crate) fn front(&mut self, family: Family, class: usize) -> Option<u32> {
        loop {
            let slot = self.lists.first(family, class)?;
            if family != Family::Content {
                return Some(slot);
            }
            match self.producers.at(slot) {
                Some((_, producer)) if self.flow.available(&producer.window) > 0 => {
                    return Some(slot);
                }
                _ => {
                    self.lists.unlink(slot);
                    self.lists.push_back(Family::Parked, class, slot);
                }
            }
        }
    }

    #[inline]
    fn ready_lanes(&mut self, urgency: usize, content_may_go: bool) -> u8 {
        let mut lanes = self.lanes(urgency);
        if !content_may_go {
            lanes &= 0b11;
        }
        let mut ready = 0;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            let (family, class) = list_of(urgency, lane);
            if self.front(family, class).is_some() {
                ready |= 1 << lane;
            }
            lanes &= lanes - 1;
        }
        ready
    }
}

/// The urgencies in a bitmap of classes.
#[inline]
const fn urgencies(classes: u16) -> u8 {
    let mut either = classes | (classes >> 1);
    // Bits 0, 2, 4 .. 14 say it: bring them together.
    either &= 0x5555;
    either = (either | (either >> 1)) & 0x3333;
    either = (either | (either >> 2)) & 0x0f0f;
    (either | (either >> 4)) as u8
}

#[inline]
const fn list_of(urgency: usize, lane: usize) -> (Family, usize) {
    let family = if lane < 2 {
        Family::Free
    } else {
        Family::Content
    };
    (family, urgency * 2 + lane % 2)
}

const fn octets_of(turns: NonZeroU32) -> u64 {
    turns.get() as u64 * QUANTUM as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn turn(urgency: usize, lane: usize) -> Turn {
        Turn {
            slot: 0,
            family: list_of(urgency, lane).0,
            urgency,
            lane,
            others_wait: true,
            is_share: false,
        }
    }

    /// Octets each lane got when `turns` are given to the lanes in `ready`, which write `sizes`.
    fn octets_by_lane(ready: u8, sizes: [usize; LANES], turns: usize) -> [usize; LANES] {
        let mut state = Turns::new();
        let mut octets = [0; LANES];
        for _ in 0..turns {
            let lane = state.lane(3, ready);
            state.spent(&turn(3, lane), Charge::Octets, sizes[lane]);
            octets[lane] += sizes[lane];
        }
        octets
    }

    #[test]
    fn each_class_counts_for_its_urgency() {
        for class in 0..16 {
            assert_eq!(urgencies(1 << class), 1 << (class / 2), "class {class}");
        }
        assert_eq!(urgencies(0b1100_0000_0000_0001), 0b1000_0001);
        assert_eq!(urgencies(u16::MAX), u8::MAX);
    }

    #[test]
    fn lanes_share_by_octets_whatever_the_size_of_their_frames() {
        for ready in 1..16_u8 {
            let sizes = [500, 3000, 16_393, 9000];
            let octets = octets_by_lane(ready, sizes, 10_000);
            let served: Vec<usize> = (0..LANES)
                .filter(|lane| ready & (1 << lane) != 0)
                .map(|lane| octets[lane])
                .collect();
            let least = served.iter().min().expect("a lane is ready");
            let most = served.iter().max().expect("a lane is ready");
            assert!(
                most - least <= 3 * QUANTUM as usize,
                "{ready:04b}: {octets:?}"
            );
            assert_eq!(
                octets.iter().filter(|octets| **octets > 0).count(),
                served.len()
            );
        }
    }

    #[test]
    fn a_block_of_any_size_costs_its_lane_one_turn_at_most() {
        let mut turns = Turns::new();
        turns.spent(&turn(0, 0), Charge::Octets, usize::MAX);
        let others: Vec<usize> = (0..6)
            .map(|_| {
                let lane = turns.lane(0, 0b0101);
                turns.spent(&turn(0, lane), Charge::Octets, QUANTUM as usize);
                lane
            })
            .collect();
        assert_eq!(others, [2, 2, 0, 2, 0, 2]);
    }

    #[test]
    fn the_share_of_the_less_urgent_goes_round_among_them() {
        let mut turns = Turns::new();
        turns.set_lower_share(NonZeroU32::new(2));
        let mut served = Vec::new();
        for _ in 0..9 {
            let urgency = turns.urgency(0b1001_0010);
            let is_share = urgency != 1;
            if is_share {
                turns.lower_next = ((urgency + 1) % URGENCIES) as u8;
            }
            let turn = Turn {
                is_share,
                ..turn(urgency, 2)
            };
            turns.spent(&turn, Charge::Octets, QUANTUM as usize);
            served.push(urgency);
        }
        assert_eq!(served, [1, 1, 4, 1, 1, 7, 1, 1, 4]);
    }
}
