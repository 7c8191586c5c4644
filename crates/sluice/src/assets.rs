//! The files that npm built, embedded: path below `dist/`, and content. Empty if they were not
//! built before the binary (`cargo xtask assets`).

include!(concat!(env!("OUT_DIR"), "/assets.rs"));
