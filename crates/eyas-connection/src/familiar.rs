//! What a client says again: fields in the very order of its last two requests are not built anew.
//!
//! A field that lives in one of the compression tables has a number ([`Slot`](crate::numbers::Slot)), so
//! whether a request goes on as the one before is a comparison of numbers. One that does to its end is
//! given a clone of what that came to, at a third of the price. Paths differ more often than the rest,
//! so the target is one such sequence, and the fields are another.

/// The number of a field that no table holds.
pub(crate) const UNKNOWN: u32 = 0;

/// Sequences of more fields than this are built each time.
const FIELDS_MAX: usize = 64;

/// One kind of sequence: of fields `F`, which come to `M`.
#[derive(Debug)]
pub(crate) struct Familiar<F, M> {
    model: Option<Box<Model<F, M>>>,
    /// The first so many fields of the model are all there was so far. `None`: it went on otherwise.
    followed: Option<usize>,

    // While there is no model to follow.
    /// The numbers of the last sequence.
    last: Vec<u32>,
    numbers: Vec<u32>,
    /// The fields themselves, as long as they repeat the last sequence.
    fields: Vec<F>,
}

#[derive(Debug)]
struct Model<F, M> {
    numbers: Vec<u32>,
    fields: Vec<F>,
    outcome: M,
}

impl<F, M> Familiar<F, M> {
    /// A new sequence begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.followed = self.model.is_some().then_some(0);
        self.numbers.clear();
        self.fields.clear();
    }

    /// Whether the field is the next one of the model; it need not be looked at then.
    #[inline]
    pub(crate) fn follows(&mut self, number: u32) -> bool {
        let (Some(model), Some(followed)) = (&self.model, &mut self.followed) else {
            return false;
        };
        // No model has an unknown field.
        if model.numbers.get(*followed) != Some(&number) {
            return false;
        }
        *followed += 1;
        true
    }

    /// What the sequence came to, if it was the model's to the end.
    #[inline]
    pub(crate) fn outcome(&self) -> Option<&M> {
        let model = self.model.as_ref()?;
        (self.followed? == model.numbers.len()).then_some(&model.outcome)
    }

    /// The sequence is not the model's: the fields that were passed over so far, to be looked at now.
    #[inline]
    pub(crate) fn leave(&mut self) -> &[F]
    where
        F: Clone,
    {
        let (Some(model), Some(followed)) = (&self.model, self.followed.take()) else {
            return &[];
        };
        self.numbers.extend_from_slice(&model.numbers[..followed]);
        if self.last.starts_with(&self.numbers) {
            self.fields.extend_from_slice(&model.fields[..followed]);
        }
        &model.fields[..followed]
    }

    /// Notes a field that is not the model's.
    #[inline]
    pub(crate) fn note(&mut self, number: u32, field: impl FnOnce() -> F) {
        let at = self.numbers.len();
        if at >= FIELDS_MAX {
            return;
        }
        self.numbers.push(number);
        let repeats = number != UNKNOWN && self.last.get(at) == Some(&number);
        if repeats && self.fields.len() == at {
            self.fields.push(field());
        }
    }

    /// The sequence that was noted has ended well. One that has come twice becomes the model.
    #[inline]
    pub(crate) fn end(&mut self, outcome: impl FnOnce() -> M) {
        let count = self.numbers.len();
        let has_come_twice = self.last.len() == count && self.fields.len() == count;
        if has_come_twice && count < FIELDS_MAX {
            self.model = Some(Box::new(Model {
                numbers: std::mem::take(&mut self.numbers),
                fields: std::mem::take(&mut self.fields),
                outcome: outcome(),
            }));
        } else {
            std::mem::swap(&mut self.last, &mut self.numbers);
        }
    }
}

impl<F, M> Default for Familiar<F, M> {
    fn default() -> Self {
        Self {
            model: None,
            followed: None,
            last: Vec::new(),
            numbers: Vec::new(),
            fields: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A sequence of numbers, heard as the collector hears fields. Whether it was followed to its end.
    fn hear(familiar: &mut Familiar<u32, Vec<u32>>, sequence: &[u32]) -> (Vec<u32>, bool) {
        let mut built = Vec::new();
        familiar.begin();
        for &number in sequence {
            if familiar.follows(number) {
                continue;
            }
            built.extend_from_slice(familiar.leave());
            familiar.note(number, || number);
            built.push(number);
        }
        if let Some(outcome) = familiar.outcome() {
            return (outcome.clone(), true);
        }
        built.extend_from_slice(familiar.leave());
        familiar.end(|| built.clone());
        (built, false)
    }

    #[test]
    fn what_has_come_twice_is_followed_the_third_time() {
        let mut familiar = Familiar::default();
        for (sequence, followed) in [
            (&[70, 71, 72][..], false),
            (&[70, 71, 72], false),
            (&[70, 71, 72], true),
            (&[70, 71], false),
            (&[70, 71, 72, 73], false),
            (&[], false),
            (&[70, 71, 72], true),
            (&[70, 71], false),
            (&[70, 71], false),
            (&[70, 71], true),
        ] {
            let heard = hear(&mut familiar, sequence);
            assert_eq!(heard, (sequence.to_vec(), followed), "{sequence:?}");
        }
    }

    #[test]
    fn unknown_fields_and_long_sequences_are_never_followed() {
        let long: Vec<u32> = (100..200).collect();
        for sequence in [&[70, UNKNOWN, 71][..], &long] {
            let mut familiar = Familiar::default();
            for _ in 0..4 {
                assert_eq!(hear(&mut familiar, sequence), (sequence.to_vec(), false));
            }
        }
    }

    proptest! {
        #[test]
        fn every_sequence_comes_to_itself(
            sequences in prop::collection::vec(prop::collection::vec(0_u32..3, 0..4), 0..60),
        ) {
            let mut familiar = Familiar::default();
            for sequence in sequences {
                prop_assert_eq!(hear(&mut familiar, &sequence).0, sequence);
            }
        }
    }
}
