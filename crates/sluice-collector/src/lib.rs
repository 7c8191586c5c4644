//! sluice-collector
