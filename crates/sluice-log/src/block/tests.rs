//! The decoder against hostile bytes.

use super::*;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 16
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next()).unwrap() % n
    }
}

fn header() -> Header {
    Header {
        mark: 77,
        base: 1_000,
        offsets: 0,
        written_at: Timestamp::from_secs(5),
        stored_len: 0,
        body_len: 0,
        entries: 0,
        stored_crc: 0,
        codec: 0,
    }
}

/// Header, bytes on disk, and the entries as offsets and payload.
type Sample = (Header, Vec<u8>, Vec<(u64, Vec<u8>)>);

fn sample(chance: &mut Chance, level: i32) -> Sample {
    let mut header = header();
    let mut block = vec![0; HEADER_BYTES];
    let mut entries = Vec::new();
    for _ in 0..1 + chance.below(8) {
        let offsets = 1 + chance.next() % 300;
        let payload = vec![b'p'; chance.below(400)];
        put_entry(&mut block, 3, offsets, &payload);
        header.offsets += offsets;
        header.entries += 1;
        entries.push((offsets, payload));
    }
    let bytes = Encoder::new(level).unwrap().encode(&mut header, &mut block).to_vec();
    (header, bytes, entries)
}

/// Decodes all there is, as a reader does.
fn walk(header: &Header, stored: &[u8]) -> Result<Vec<Entry>, &'static str> {
    let block = Block::decode(header, stored)?;
    let mut entries = Entries::of(&block);
    let mut out = Vec::new();
    while let Some(entry) = entries.next(&block)? {
        out.push(entry);
    }
    Ok(out)
}

#[test]
fn a_block_decodes_to_what_was_encoded() {
    let mut chance = Chance(1);
    for round in 0..300 {
        let (header, bytes, entries) = sample(&mut chance, round % 4);
        assert_eq!(Header::decode(&bytes), Some(header));
        let found = walk(&header, &bytes[HEADER_BYTES..]).unwrap();
        let found: Vec<_> = found.into_iter().map(|e| (e.offsets, e.payload.to_vec())).collect();
        assert_eq!(found, entries);
    }
}

#[test]
fn any_flipped_bit_is_noticed() {
    let mut chance = Chance(2);
    for level in [0, 1] {
        let (_, bytes, _) = sample(&mut chance, level);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let intact =
                Header::decode(&bytes).is_some_and(|h| walk(&h, &bytes[HEADER_BYTES..]).is_ok());
            assert!(!intact, "bit {bit}");
        }
    }
}

#[test]
fn a_body_with_a_right_checksum_but_wrong_content_never_panics() {
    let mut chance = Chance(3);
    for round in 0..20_000 {
        let (mut header, bytes, _) = sample(&mut chance, round % 2);
        let mut stored = bytes[HEADER_BYTES..].to_vec();
        for _ in 0..1 + chance.below(4) {
            let at = chance.below(stored.len());
            stored[at] = chance.next().to_le_bytes()[0];
        }
        stored.truncate(1 + chance.below(stored.len()));
        header.stored_len = length(stored.len());
        header.stored_crc = crc32c(&stored);
        header.codec = chance.next().to_le_bytes()[0] % 3;
        header.body_len = if chance.below(2) == 0 { header.stored_len } else { u32::MAX };
        if let Ok(entries) = walk(&header, &stored) {
            assert_eq!(entries.iter().map(|e| e.offsets).sum::<u64>(), header.offsets);
        }
    }
}

#[test]
fn random_bytes_are_no_header_and_never_panic() {
    let mut chance = Chance(4);
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> =
            (0..chance.below(100)).map(|_| chance.next().to_le_bytes()[0]).collect();
        if bytes.len() > 4 && chance.below(2) == 0 {
            bytes[..4].copy_from_slice(&MAGIC);
        }
        assert_eq!(Header::decode(&bytes), None);
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_memory_is_taken() {
    let zeros = vec![0; 200 << 20];
    let stored = zstd::bulk::compress(&zeros, 1).unwrap();
    for body_len in [u32::MAX, 200 << 20, 100] {
        let stored_len = length(stored.len());
        let header = Header {
            codec: CODEC_ZSTD,
            stored_len,
            stored_crc: crc32c(&stored),
            body_len,
            ..header()
        };
        assert!(Block::decode(&header, &stored).is_err());
    }
}

#[test]
fn a_varint_round_trips_and_an_overlong_one_is_refused() {
    for n in [0, 1, 127, 128, 300, 1 << 32, u64::MAX] {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, n);
        let mut at = 0;
        assert_eq!((varint(&bytes, &mut at), at), (Some(n), bytes.len()));
    }
    assert_eq!(varint(&[0xFF; 10], &mut 0), None);
    assert_eq!(varint(&[0x80; 3], &mut 0), None);
}
