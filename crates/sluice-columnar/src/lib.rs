//! sluice-columnar
