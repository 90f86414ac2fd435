//! How long a turn may run handlers on the connection task.

use std::time::{Duration, Instant};

/// A turn whose handlers take longer than this sends the rest to tasks, and the next turn begins so.
const TURN_BUDGET: Duration = Duration::from_micros(200);

/// Inline polls between two looks at the clock.
const POLLS_PER_LOOK: u32 = 8;

/// Time spent in inline polls: looked at when a turn ends, and on the way now and then.
#[derive(Debug, Default)]
pub(crate) struct TurnBudget {
    /// When the first poll of the turn began.
    began: Option<Instant>,
    polls: u32,
    /// This turn, or the one before, took too long.
    is_spent: bool,
}

impl TurnBudget {
    /// Whether the next exchange should go to a task.
    pub(crate) fn is_spent(&mut self) -> bool {
        let began = *self.began.get_or_insert_with(Instant::now);
        self.polls += 1;
        if self.polls.is_multiple_of(POLLS_PER_LOOK) {
            self.is_spent = began.elapsed() > TURN_BUDGET;
        }
        self.is_spent
    }

    pub(crate) fn end_turn(&mut self) {
        if let Some(began) = self.began.take() {
            self.is_spent = began.elapsed() > TURN_BUDGET;
            self.polls = 0;
        }
    }
}
