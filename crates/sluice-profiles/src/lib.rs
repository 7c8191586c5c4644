//! sluice-profiles
