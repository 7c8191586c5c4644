//! Bounds of a runtime and of a call.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the runtime's heap, all its calls together.
    pub memory_bytes_max: usize,
    pub stack_bytes_max: usize,
    /// Longest computing without a pause; a loop that never ends is cut off after it. The whole
    /// runtime ends with it, as what it left undone is unknown.
    pub compute_max: Duration,
    /// Of one call, with all its waiting.
    pub call_max: Duration,
    /// Calls on their way in one runtime; further ones wait.
    pub calls_at_a_time_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 64 << 20,
            stack_bytes_max: 1 << 20,
            compute_max: Duration::from_secs(1),
            call_max: Duration::from_secs(5),
            calls_at_a_time_max: 1,
        }
    }
}
