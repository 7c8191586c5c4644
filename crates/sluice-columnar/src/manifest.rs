//! What the store has: the one small file that makes a flush or a compaction count.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::PartMeta;

const VERSION: u8 = 1;

/// Replaced as a whole. Its size grows with the number of parts, which compaction bounds; merge
/// records, which grow with the number of people, are in a journal beside it of which `merges`
/// records count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) version: u8,
    pub(crate) next_part: u64,
    /// Next offset of the events log to apply.
    pub(crate) cursor: u64,
    /// Events taken over per source, since the beginning; those of erased people too.
    pub(crate) stored: BTreeMap<u32, u64>,
    /// How many of them are in no part any more, since their people were erased.
    #[serde(default)]
    pub(crate) erased: u64,
    /// Erased nodes whose rows still stand in a part; no answer has them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) erasing: BTreeSet<u64>,
    /// What the pipeline says it accepted per source, up to the cursor; must equal `stored`.
    #[serde(default)]
    pub(crate) accepted: BTreeMap<u32, u64>,
    pub(crate) merges: u64,
    pub(crate) parts: Vec<PartMeta>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: VERSION,
            next_part: 1,
            cursor: 0,
            stored: BTreeMap::new(),
            erased: 0,
            erasing: BTreeSet::new(),
            accepted: BTreeMap::new(),
            merges: 0,
            parts: Vec::new(),
        }
    }
}

impl Manifest {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.version == VERSION {
            Ok(manifest)
        } else {
            Err(format!("format version {} is not known here", manifest.version))
        }
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }
}
