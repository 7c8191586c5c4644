//! The youngest committed blocks, in memory, so that readers at the tail share them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::block::Block;

#[derive(Debug)]
pub(crate) struct Recent {
    blocks: VecDeque<Arc<Block>>,
    bytes: usize,
    bytes_max: usize,
}

impl Recent {
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self { blocks: VecDeque::new(), bytes: 0, bytes_max }
    }

    pub(crate) fn push(&mut self, block: Block) {
        self.bytes += block.memory;
        self.blocks.push_back(Arc::new(block));
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.blocks.pop_front() else { break };
            self.bytes -= oldest.memory;
        }
    }

    pub(crate) fn find(&self, offset: u64) -> Option<Arc<Block>> {
        let after = self.blocks.partition_point(|block| block.base <= offset);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        (offset < block.end).then(|| block.clone())
    }

    /// Forgets all blocks that start below `offset`.
    pub(crate) fn forget_below(&mut self, offset: u64) {
        while let Some(oldest) = self.blocks.pop_front_if(|block| block.base < offset) {
            self.bytes -= oldest.memory;
        }
    }
}
