//! How fast the log is, beside a bare loop of write and sync in the same run.
fn main() {}
