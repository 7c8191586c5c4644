//! sluice-delivery
