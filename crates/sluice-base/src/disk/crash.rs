//! A disk in memory that forgets, at a crash, what was not synced.
