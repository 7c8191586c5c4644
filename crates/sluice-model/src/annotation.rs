//! An annotation: a few words at a moment, such as a release or a campaign, that stand on every chart
//! over time.

use sluice_base::Timestamp;
use sluice_event::WorkspaceNo;

use crate::check::{Checks, Problem, text_id};

text_id!(
    /// Public id of an annotation.
    AnnotationId
);

/// Most annotations of a workspace.
pub const ANNOTATIONS_MAX: u64 = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    pub id: AnnotationId,
    pub workspace: WorkspaceNo,
    pub says: AnnotationSays,
    pub created_at: Timestamp,
}

/// What an annotation says, and of when.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotationSays {
    pub at: Timestamp,
    pub text: String,
}

impl AnnotationSays {
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut checks = Checks::default();
        checks.name("text", &self.text);
        checks.finish()
    }
}
