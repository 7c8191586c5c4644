//! Which of 64 rows have one of some event codes, as a bit mask.

use sluice_columnar::CodeSlice;

/// Up to this many codes are compared one by one; above, a table answers per code.
pub(crate) const COMPARED_MAX: usize = 8;

/// The wanted codes, made ready for scanning.
#[derive(Debug)]
pub(crate) enum Wanted {
    All,
    Few {
        codes: [u32; COMPARED_MAX],
        count: usize,
    },
    /// One byte per code.
    Table(Vec<u8>),
}

impl Wanted {
    pub(crate) fn new(codes: &[u32], codes_count: u32) -> Self {
        if codes.len() == codes_count as usize {
            return Self::All;
        }
        if let (Some(first), true) = (codes.first(), codes.len() <= COMPARED_MAX) {
            let mut few = [*first; COMPARED_MAX];
            few[..codes.len()].copy_from_slice(codes);
            return Self::Few { codes: few, count: codes.len() };
        }
        let mut table = vec![0; (codes_count as usize).max(256)];
        for code in codes {
            table[*code as usize] = 1;
        }
        Self::Table(table)
    }

    /// The mask of the rows `from..to`, at most 64 of them; bit 0 is `from`. `WIDEST` only where
    /// [`super::wide::is_widest`].
    #[inline(always)]
    pub(crate) fn mask<const WIDEST: bool>(
        &self,
        codes: CodeSlice<'_>,
        from: usize,
        to: usize,
    ) -> u64 {
        match codes {
            CodeSlice::U8(codes) => self.mask_u8::<WIDEST>(&codes[from..to]),
            CodeSlice::U16(codes) => {
                self.mask_wide(codes[from..to].iter().map(|code| u32::from(*code)))
            }
            CodeSlice::U32(codes) => self.mask_wide(codes[from..to].iter().copied()),
        }
    }

    #[inline(always)]
    fn mask_u8<const WIDEST: bool>(&self, codes: &[u8]) -> u64 {
        let Ok(block) = <&[u8; 64]>::try_from(codes) else {
            return self.mask_wide(codes.iter().map(|code| u32::from(*code)));
        };
        match self {
            Self::All => u64::MAX,
            Self::Few { codes, count: 1 } => few::<1, WIDEST>(block, codes),
            Self::Few { codes, count: 2 } => few::<2, WIDEST>(block, codes),
            Self::Few { codes, count: 3 | 4 } => few::<4, WIDEST>(block, codes),
            Self::Few { codes, .. } => few::<COMPARED_MAX, WIDEST>(block, codes),
            Self::Table(table) => {
                let mut flags = [0; 64];
                for (flag, code) in flags.iter_mut().zip(block) {
                    *flag = table[*code as usize];
                }
                bits(&flags)
            }
        }
    }

    fn mask_wide(&self, codes: impl ExactSizeIterator<Item = u32>) -> u64 {
        let mut mask = 0;
        for (bit, code) in codes.enumerate() {
            let wanted = match self {
                Self::All => true,
                Self::Few { codes, count } => codes[..*count].contains(&code),
                Self::Table(table) => table[code as usize] != 0,
            };
            mask |= u64::from(wanted) << bit;
        }
        mask
    }
}

/// Compares 64 codes with some wanted ones.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the compiler finds no such short way by itself")]
#[inline(always)]
fn few<const N: usize, const WIDEST: bool>(block: &[u8; 64], codes: &[u32; COMPARED_MAX]) -> u64 {
    if WIDEST {
        // SAFETY: who asks for it found the features.
        return unsafe { few_at_once::<N>(block, codes) };
    }
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_setzero_si128,
    };
    let mut mask = 0;
    for (index, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
        let both = u128::from_le_bytes(*chunk);
        // SAFETY: these need SSE2 only, which every x86-64 processor has, and no pointers.
        let found = unsafe {
            let rows = _mm_set_epi64x((both >> 64) as i64, both as i64);
            let mut found = _mm_setzero_si128();
            for code in &codes[..N] {
                found = _mm_or_si128(found, _mm_cmpeq_epi8(rows, _mm_set1_epi8(*code as i8)));
            }
            _mm_movemask_epi8(found)
        };
        mask |= u64::from(found as u32) << (index * 16);
    }
    mask
}

/// The same with vectors of 64 bytes.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a vector is loaded through a pointer")]
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn few_at_once<const N: usize>(block: &[u8; 64], codes: &[u32; COMPARED_MAX]) -> u64 {
    use std::arch::x86_64::{_mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_set1_epi8};
    // SAFETY: the block has 64 bytes, and no alignment is asked for.
    let rows = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    let found = |code: &u32| _mm512_cmpeq_epi8_mask(rows, _mm512_set1_epi8(*code as i8));
    codes[..N].iter().fold(0, |mask, code| mask | found(code))
}

/// Compares 64 codes with some wanted ones, in a form that compilers turn into vector code.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn few<const N: usize, const WIDEST: bool>(block: &[u8; 64], codes: &[u32; COMPARED_MAX]) -> u64 {
    let mut flags = [0u8; 64];
    for (flag, code) in flags.iter_mut().zip(block) {
        for one in &codes[..N] {
            *flag |= u8::from(*code == *one as u8);
        }
    }
    bits(&flags)
}

/// One bit per byte that is 1: the multiplication moves bit 0 of byte `i` to bit `56 + i`.
#[inline(always)]
fn bits(flags: &[u8; 64]) -> u64 {
    let mut mask = 0;
    for (index, chunk) in flags.as_chunks::<8>().0.iter().enumerate() {
        let gathered = u64::from_le_bytes(*chunk).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= gathered << (index * 8);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::wide::is_widest;

    #[test]
    fn the_mask_has_a_bit_for_each_row_with_a_wanted_code() {
        let codes: Vec<u8> = (0..200u32).map(|i| (i * 7 % 23) as u8).collect();
        let wide: Vec<u16> = codes.iter().map(|c| u16::from(*c)).collect();
        for count in 1..=23usize {
            let wanted: Vec<u32> = (0..count as u32).collect();
            let ready = Wanted::new(&wanted, 23);
            for (from, to) in [(0, 64), (3, 67), (190, 200), (7, 8)] {
                let mut expected = 0u64;
                for (bit, code) in codes[from..to].iter().enumerate() {
                    expected |= u64::from(wanted.contains(&u32::from(*code))) << bit;
                }
                let mask = ready.mask::<false>(CodeSlice::U8(&codes), from, to);
                if is_widest() {
                    assert_eq!(ready.mask::<true>(CodeSlice::U8(&codes), from, to), mask);
                }
                assert_eq!(
                    mask & (u64::MAX >> (64 - (to - from))),
                    expected,
                    "{count} {from}..{to}"
                );
                assert_eq!(
                    ready.mask::<false>(CodeSlice::U16(&wide), from, to),
                    expected,
                    "{count} {from}..{to}"
                );
            }
        }
    }
}
