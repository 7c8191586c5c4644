//! sluice-destinations
