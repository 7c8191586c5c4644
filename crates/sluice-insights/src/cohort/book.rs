//! The saved cohorts that a question may name, as whoever asks it looked them up.

use std::sync::Arc;

use hashbrown::HashMap;

use super::spec::CohortDefinition;

/// Most saved cohorts that one question reaches, those in definitions of cohorts included.
pub const COHORTS_PER_QUESTION_MAX: usize = 32;

/// How a saved cohort says who belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Membership {
    /// Asked anew with every question.
    Defined(CohortDefinition),
    /// People as they were numbered when they were listed; merged ones count once.
    Listed(Arc<[u64]>),
}

/// Saved cohorts by id.
#[derive(Clone, Debug, Default)]
pub struct Cohorts(Arc<HashMap<String, Membership>>);

impl Cohorts {
    #[must_use]
    pub fn new(cohorts: impl IntoIterator<Item = (String, Membership)>) -> Self {
        Self(Arc::new(cohorts.into_iter().collect()))
    }

    pub(super) fn get(&self, id: &str) -> Option<&Membership> {
        self.0.get(id)
    }
}
