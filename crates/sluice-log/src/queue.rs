//! Entries that wait for the disk, in groups; a group is one write and one sync.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::LogError;
use crate::block::{self, HEADER_BYTES};
use crate::outcome::Outcome;

/// Bytes an entry adds to its payload at most.
const ENTRY_HEAD_BYTES: usize = 1 + 10 + 5;
const GROUP_BYTES_MIN: usize = 4 << 10;

/// Entries to be committed together.
pub(crate) struct Group {
    pub(crate) base: u64,
    pub(crate) end: u64,
    pub(crate) entries: u32,
    /// Room for the block's header, then the body.
    pub(crate) block: Vec<u8>,
    pub(crate) outcome: Arc<Outcome>,
    /// When its first entry came.
    began: Instant,
}

/// When the committer is to take a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Now,
    At(Instant),
    /// There is none.
    Never,
}

pub(crate) struct Queue {
    groups: VecDeque<Group>,
    /// Bytes of all groups that are not committed, also of the one in the committer's hands.
    bytes: usize,
    /// Offset of the next entry.
    pub(crate) next: u64,
    pub(crate) closed: bool,
    /// Somebody does not want to wait for more entries.
    asked: bool,
    /// The committer sleeps and looks only if it is woken.
    pub(crate) asleep: bool,
    group_bytes: usize,
    bytes_max: usize,
    /// Size of the group before, a guess for the next.
    usual_bytes: usize,
}

impl Queue {
    pub(crate) fn new(next: u64, group_bytes: usize, bytes_max: usize) -> Self {
        Self {
            groups: VecDeque::new(),
            bytes: 0,
            next,
            closed: false,
            asked: false,
            asleep: false,
            group_bytes: group_bytes.min(block::GROUP_BYTES_MAX),
            bytes_max,
            usual_bytes: GROUP_BYTES_MIN,
        }
    }

    /// Adds an entry; gives its base and the outcome of its group.
    pub(crate) fn push(
        &mut self,
        kind: u8,
        offsets: u64,
        payload: &[u8],
    ) -> Result<(u64, Arc<Outcome>), LogError> {
        let room = payload.len() + ENTRY_HEAD_BYTES;
        if self.bytes > 0 && self.bytes + room > self.bytes_max {
            return Err(LogError::Pending { pending_bytes: self.bytes });
        }
        let base = self.next;
        let end =
            base.checked_add(offsets).ok_or(LogError::TooLarge { bytes: payload.len(), max: 0 })?;
        let group_bytes = self.group_bytes;
        if self.groups.back().is_none_or(|group| group.block.len() + room > group_bytes) {
            let mut block = Vec::with_capacity(self.usual_bytes.max(HEADER_BYTES + room));
            block.resize(HEADER_BYTES, 0);
            let outcome = Arc::new(Outcome::default());
            let began = Instant::now();
            self.groups.push_back(Group { base, end: base, entries: 0, block, outcome, began });
        }
        let Some(group) = self.groups.back_mut() else {
            return Err(LogError::Pending { pending_bytes: 0 });
        };
        let before = group.block.len();
        block::put_entry(&mut group.block, kind, offsets, payload);
        self.bytes += group.block.len() - before;
        group.entries += 1;
        group.end = end;
        self.next = end;
        Ok((base, group.outcome.clone()))
    }

    /// Has what waits committed without further delay; `false` if that is so already.
    pub(crate) fn ask(&mut self) -> bool {
        !self.groups.is_empty() && !std::mem::replace(&mut self.asked, true)
    }

    /// When the oldest group is to be committed if entries gather for `gather` at most.
    pub(crate) fn due(&self, gather: Duration) -> Due {
        match self.groups.front() {
            None => Due::Never,
            Some(_) if self.asked || self.closed || self.groups.len() > 1 => Due::Now,
            Some(group) => Due::At(group.began + gather),
        }
    }

    /// The oldest group, to be committed.
    pub(crate) fn take(&mut self) -> Option<Group> {
        let group = self.groups.pop_front()?;
        self.asked &= !self.groups.is_empty();
        self.usual_bytes = (group.block.len() + group.block.len() / 4)
            .clamp(GROUP_BYTES_MIN, self.group_bytes.max(GROUP_BYTES_MIN));
        Some(group)
    }

    /// After the commit of a group of this length.
    pub(crate) const fn committed(&mut self, block_len: usize) {
        self.bytes -= block_len - HEADER_BYTES;
    }

    /// Takes no more; gives what will not be committed.
    pub(crate) fn fail(&mut self) -> VecDeque<Group> {
        self.closed = true;
        std::mem::take(&mut self.groups)
    }
}
