//! Timestamps as clients write them, and the corrected event time.
