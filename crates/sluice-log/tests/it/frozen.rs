//! Can we read what the first version wrote.
