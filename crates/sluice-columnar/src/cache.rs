//! Columns in use, bounded by number. Their values are mapped, so an entry costs little; what is
//! dropped is mapped again at its next use.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::column::{Column, Scope};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ColumnKey {
    pub(crate) part: u64,
    pub(crate) scope: Scope,
    pub(crate) name: Box<str>,
}

/// First in, first out: a query uses its columns together, so recency adds nothing.
#[derive(Debug)]
pub(crate) struct ColumnCache {
    max: usize,
    columns: HashMap<ColumnKey, Option<Arc<Column>>>,
    order: VecDeque<ColumnKey>,
}

impl ColumnCache {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, columns: HashMap::new(), order: VecDeque::new() }
    }

    #[expect(clippy::option_option, reason = "that a part lacks a column is worth keeping, too")]
    pub(crate) fn get(&self, key: &ColumnKey) -> Option<Option<Arc<Column>>> {
        self.columns.get(key).cloned()
    }

    pub(crate) fn insert(&mut self, key: ColumnKey, column: Option<Arc<Column>>) {
        if self.columns.insert(key.clone(), column).is_none() {
            self.order.push_back(key);
        }
        while self.columns.len() > self.max {
            let Some(oldest) = self.order.pop_front() else { break };
            self.columns.remove(&oldest);
        }
    }

    pub(crate) fn forget_parts(&mut self, ids: &[u64]) {
        self.columns.retain(|key, _| !ids.contains(&key.part));
        self.order.retain(|key| !ids.contains(&key.part));
    }
}
