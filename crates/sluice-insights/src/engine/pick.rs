//! The rows of a mask and whose they are, eight at a time: for processors with vectors of 64 bytes.

/// A block of 64 rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picked {
    /// The rows wanted; bit 0 is `start`.
    pub(super) mask: u64,
    pub(super) start: u32,
    /// The rows that are the first of a person.
    pub(super) first: u64,
    /// People that began before the block.
    pub(super) begun: u32,
}

impl Picked {
    /// Writes the wanted rows, and for each how many people began up to it, to the front of the
    /// lists; up to eight behind them are written over. Only where [`super::wide::is_widest`].
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "no other way to these instructions")]
    #[inline(always)]
    pub(super) fn write(self, rows: &mut [u32; 64], people: &mut [u32; 64]) {
        // SAFETY: who calls this found the features.
        unsafe { self.write_widest(rows, people) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn write(self, _: &mut [u32; 64], _: &mut [u32; 64]) {
        unreachable!("no such processor is the widest");
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "vectors are stored through pointers")]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx512vpopcntdq")]
    #[inline]
    fn write_widest(self, rows: &mut [u32; 64], people: &mut [u32; 64]) {
        use std::arch::x86_64::{
            __m256i, _mm_cvtsi64_si128, _mm256_add_epi32, _mm256_cvtepu8_epi32, _mm256_set1_epi32,
            _mm256_storeu_si256, _mm512_and_epi64, _mm512_cvtepi64_epi32, _mm512_cvtepu8_epi64,
            _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_popcnt_epi64, _mm512_set1_epi64,
            _mm512_srlv_epi64, _mm512_storeu_si512, _mm512_sub_epi64,
        };
        let count = self.mask.count_ones() as usize;
        let mut bits = [0u64; 8];
        // SAFETY: both arrays have 64 bytes, and no alignment is asked for.
        unsafe {
            let all = _mm512_loadu_si512(BITS.as_ptr().cast());
            let picked = _mm512_maskz_compress_epi8(self.mask, all);
            _mm512_storeu_si512(bits.as_mut_ptr().cast(), picked);
        }
        let start = _mm256_set1_epi32(self.start as i32);
        let begun = _mm256_set1_epi32(self.begun as i32);
        let first = _mm512_set1_epi64(self.first as i64);
        let (all, last) = (_mm512_set1_epi64(-1), _mm512_set1_epi64(63));
        let lists = rows.as_chunks_mut::<8>().0.iter_mut().zip(people.as_chunks_mut::<8>().0);
        for (eight, (rows, people)) in bits[..count.div_ceil(8)].iter().zip(lists) {
            let eight = _mm_cvtsi64_si128(*eight as i64);
            let behind = _mm512_sub_epi64(last, _mm512_cvtepu8_epi64(eight));
            let upto = _mm512_and_epi64(_mm512_srlv_epi64(all, behind), first);
            let before = _mm512_cvtepi64_epi32(_mm512_popcnt_epi64(upto));
            let row = _mm256_add_epi32(_mm256_cvtepu8_epi32(eight), start);
            let person = _mm256_add_epi32(before, begun);
            // SAFETY: both arrays have 32 bytes, and no alignment is asked for.
            unsafe {
                _mm256_storeu_si256(rows.as_mut_ptr().cast::<__m256i>(), row);
                _mm256_storeu_si256(people.as_mut_ptr().cast::<__m256i>(), person);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
static BITS: [u8; 64] = {
    let mut bits = [0; 64];
    let mut bit = 0;
    while bit < 64 {
        bits[bit] = bit as u8;
        bit += 1;
    }
    bits
};

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::engine::wide::is_widest;

    #[test]
    fn rows_and_people_picked_at_once_are_those_of_bit_after_bit() {
        if !is_widest() {
            return;
        }
        let mut state = 88_172_645_463_325_252u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for round in 0..2_000 {
            let mask = match round {
                0 => 0,
                1 => u64::MAX,
                _ => next() & if round % 2 == 0 { next() } else { u64::MAX },
            };
            let block = Picked { mask, start: next() as u32 >> 1, first: next(), begun: 7 };
            let (mut rows, mut people) = ([0; 64], [0; 64]);
            block.write(&mut rows, &mut people);
            let bits: Vec<u32> = (0..64).filter(|bit| mask >> bit & 1 != 0).collect();
            for (at, bit) in bits.iter().enumerate() {
                assert_eq!(rows[at], block.start + bit);
                let begun = (0..=*bit).filter(|bit| block.first >> bit & 1 != 0).count();
                assert_eq!(people[at], block.begun + begun as u32);
            }
        }
    }
}
