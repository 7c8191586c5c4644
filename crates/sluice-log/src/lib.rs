//! sluice-log
