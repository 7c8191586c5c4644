//! What operators configure, as plain records, one file per resource; and the tables made of them
//! that running parts read as immutable snapshots.
//!
//! A record that exists is valid: the constructors check at the door and say what is wrong in
//! [`Problem`]s. Not here: how records are kept (`sluice-store`), and how they look to API clients.

pub mod annotation;
pub mod audit;
pub mod check;
pub mod cohort;
pub mod dashboard;
pub mod destination;
pub mod dictionary;
pub mod erasure;
pub mod filter;
pub mod insight;
pub mod routing;
pub mod source;
pub mod subscription;
pub mod tables;
pub mod token;
pub mod user;
pub mod workspace;

pub use annotation::{Annotation, AnnotationId, AnnotationSays};
pub use audit::{Actor, AuditAction, AuditEntry};
pub use check::{Checks, Problem};
pub use cohort::{
    Cohort, CohortChange, CohortId, CohortMembers, ListChange, NewCohort, NewMembers,
    check_list_length,
};
pub use dashboard::{Dashboard, DashboardChange, DashboardContent, DashboardId, DashboardItem};
pub use destination::{
    Connection, Destination, DestinationChange, DestinationId, NewDestination, Settings,
};
pub use dictionary::{DictionaryEntry, EntryKind, EntrySays};
pub use erasure::Erasure;
pub use filter::{DestinationFilter, FilterAction, FilterId, NewDestinationFilter};
pub use insight::{NewSavedInsight, SavedInsight, SavedInsightChange, SavedInsightId};
pub use routing::{Routing, SchemaSwitches};
pub use source::{NewSource, Source, SourceChange, SourceId, SourceSettings, WriteKey};
pub use subscription::{NewSubscription, Subscription, SubscriptionChange, SubscriptionId};
pub use tables::{ConnectionSpec, ConnectionTable, SourceEntry, SourceTable};
pub use token::{ApiToken, NewApiToken, Role, TokenId};
pub use user::{Credentials, Email, Invite, InviteId, Member, Seat, User, UserId};
pub use workspace::{NewWorkspace, Region, Workspace, WorkspaceChange, WorkspaceId};
