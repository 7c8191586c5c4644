//! sluice-insights
