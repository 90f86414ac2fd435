//! What one request costs.

use crate::workload::Workload;

/// Counts for one request of a workload; `None` is what was not, or could not be, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Instructions in user space: the scripted client's included in process, the server's alone over a
    /// socket.
    pub instructions: Option<f64>,
    /// Calls of the allocator that obtain memory.
    pub heap_calls: Option<f64>,
    /// Reads of the transport.
    pub reads: Option<f64>,
    /// Writes to the transport.
    pub writes: Option<f64>,
    /// Octets written.
    pub octets_out: Option<f64>,
    /// Of these, octets that were copied to be written: all but those sent from the content's own
    /// memory.
    pub octets_copied: Option<f64>,
}

/// One of the [`Figures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "whoever adds one wants to be told where it is missing"
)]
pub enum Metric {
    /// See [`Figures::instructions`].
    Instructions,
    /// See [`Figures::heap_calls`].
    HeapCalls,
    /// See [`Figures::reads`].
    Reads,
    /// See [`Figures::writes`].
    Writes,
    /// See [`Figures::octets_out`].
    OctetsOut,
    /// See [`Figures::octets_copied`].
    OctetsCopied,
}

impl Metric {
    /// All of them, as the table shows them.
    pub const ALL: [Self; 6] = [
        Self::Instructions,
        Self::HeapCalls,
        Self::Reads,
        Self::Writes,
        Self::OctetsOut,
        Self::OctetsCopied,
    ];

    /// Its name in tables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::HeapCalls => "heap_calls",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::OctetsOut => "octets_out",
            Self::OctetsCopied => "octets_copied",
        }
    }

    /// Its value in `figures`.
    #[must_use]
    pub const fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::Instructions => figures.instructions,
            Self::HeapCalls => figures.heap_calls,
            Self::Reads => figures.reads,
            Self::Writes => figures.writes,
            Self::OctetsOut => figures.octets_out,
            Self::OctetsCopied => figures.octets_copied,
        }
    }

    /// The greatest value that still passes where `saved` is the saved one of `workload`.
    ///
    /// Calls are counted to the call, with a twentieth of one to spare for what happens once in many
    /// requests. Instructions and octets may grow by 2 %: they depend a little on the moment, as when
    /// a date is written anew. Over a socket instructions may grow by 8 %: there the system decides
    /// what a read brings.
    #[must_use]
    pub fn bound(self, workload: Workload, saved: f64) -> f64 {
        match self {
            Self::HeapCalls | Self::Reads | Self::Writes => saved + 0.05,
            Self::Instructions if workload.is_over_socket() => saved * 1.08,
            Self::Instructions | Self::OctetsOut | Self::OctetsCopied => saved * 1.02,
        }
    }
}
