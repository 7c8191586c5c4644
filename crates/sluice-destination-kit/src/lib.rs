//! sluice-destination-kit
