//! sluice-filter
