//! sluice-demo
