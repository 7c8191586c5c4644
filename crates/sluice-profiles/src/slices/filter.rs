//! A blocked Bloom filter: says "surely not" for a key at the price of one cache line.
//!
//! Sixteen bits and eight probes a key, all in one 64-byte block: about one false "maybe" in 1,500.

const BLOCK_BYTES: usize = 64;
const KEYS_PER_BLOCK: usize = 32;
const PROBES: u32 = 8;

/// The filter while it is being filled.
pub(super) struct FilterBuilder(Vec<u8>);

impl FilterBuilder {
    pub(super) fn new(keys: usize) -> Self {
        Self(vec![0; blocks_for(keys) * BLOCK_BYTES])
    }

    pub(super) fn add(&mut self, key: u128) {
        let start = block(key, self.0.len() / BLOCK_BYTES) * BLOCK_BYTES;
        for bit in bits(key) {
            self.0[start + bit / 8] |= 1 << (bit % 8);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

pub(super) const fn blocks_for(keys: usize) -> usize {
    keys / KEYS_PER_BLOCK + 1
}

pub(super) const fn bytes_for(keys: usize) -> usize {
    blocks_for(keys) * BLOCK_BYTES
}

/// Whether a key may have been added to the filter in `bytes`.
pub(super) fn may_contain(bytes: &[u8], key: u128) -> bool {
    let start = block(key, bytes.len() / BLOCK_BYTES) * BLOCK_BYTES;
    match bytes.get(start..start + BLOCK_BYTES) {
        Some(line) => bits(key).all(|bit| line[bit / 8] & (1 << (bit % 8)) != 0),
        None => true,
    }
}

/// From the upper half of the key, which the order in the slice uses too; the bits take the lower.
fn block(key: u128, blocks: usize) -> usize {
    (((key >> 64) * blocks as u128) >> 64) as usize
}

/// Nine bits from every byte on; neighbours share one bit, which costs next to nothing.
fn bits(key: u128) -> impl Iterator<Item = usize> {
    let low = key as u64;
    (0..PROBES).map(move |probe| (low.rotate_right(probe * 8) & 0x1ff) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(i: u64) -> u128 {
        let mix = |x: u64| (x ^ (x >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let high = mix(mix(i + 1));
        (u128::from(mix(high ^ i)) << 64) | u128::from(mix(high.wrapping_add(7)))
    }

    #[test]
    fn a_filter_knows_every_key_and_few_others() {
        let mut filter = FilterBuilder::new(10_000);
        for i in 0..10_000 {
            filter.add(key(i));
        }
        assert!((0..10_000).all(|i| may_contain(filter.bytes(), key(i))));
        let false_hits = (10_000..110_000).filter(|i| may_contain(filter.bytes(), key(*i))).count();
        assert!(false_hits < 400, "{false_hits} of 100,000");
    }
}
