//! Which format for the hot columns: an Arrow IPC file mapped without copying against a raw file of
//! aligned arrays, by a four-step funnel over 20 million rows (`SLUICE_BENCH_ROWS`).
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench talks to people")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt32Type};
use arrow_array::{ArrayRef, RecordBatch, UInt8Array, UInt32Array, UInt64Array};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{Field, Schema};
use sluice_base::{Disk, FileBytes, OsDisk};

const DAY_MS: u32 = 86_400_000;
const WINDOW_MS: u32 = 7 * DAY_MS;
const PASSES: usize = 15;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// The layout of a part: (person, time)-sorted rows, 40 event names, about 20 rows a person, 14 %
/// of them funnel steps.
#[derive(Default)]
struct Rows {
    people: Vec<u64>,
    starts: Vec<u32>,
    times: Vec<u32>,
    seqs: Vec<u32>,
    events: Vec<u8>,
}

fn generate(rows: usize) -> Rows {
    let mut random = Random(42);
    let mut made = Rows::default();
    let mut times = Vec::new();
    while made.times.len() < rows {
        made.people.push(made.people.len() as u64 * 3 + 1);
        made.starts.push(made.times.len() as u32);
        let count = (1 + random.below(39) as usize).min(rows - made.times.len());
        times.clear();
        times.extend((0..count).map(|_| random.below(u64::from(30 * DAY_MS)) as u32));
        times.sort_unstable();
        for time in &times {
            let step = random.below(100) < 14;
            made.events.push(if step { random.below(4) } else { 4 + random.below(36) } as u8);
            made.seqs.push(random.next() as u32);
            made.times.push(*time);
        }
    }
    made.starts.push(made.times.len() as u32);
    made.people.push(u64::MAX);
    made
}

struct Owner(FileBytes);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn map(path: &Path) -> Buffer {
    Buffer::from(bytes::Bytes::from_owner(Owner(OsDisk.map(path).unwrap())))
}

fn le_bytes<T, const N: usize>(values: &[T], to: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(to).collect()
}

struct Hot {
    starts: ScalarBuffer<u32>,
    times: ScalarBuffer<u32>,
    events: ScalarBuffer<u8>,
}

fn open_raw(path: &Path, people: usize, rows: usize) -> Hot {
    let file = map(path);
    let starts = people * 8;
    let times = (starts + people * 4).next_multiple_of(64);
    let events = times + rows * 8;
    Hot {
        starts: ScalarBuffer::new(file.slice_with_length(starts, people * 4), 0, people),
        times: ScalarBuffer::new(file.slice_with_length(times, rows * 4), 0, rows),
        events: ScalarBuffer::new(file.slice_with_length(events, rows), 0, rows),
    }
}

fn write_raw(path: &Path, rows: &Rows) {
    let mut bytes = le_bytes(&rows.people, |n| n.to_le_bytes());
    bytes.extend(le_bytes(&rows.starts, |n| n.to_le_bytes()));
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    bytes.extend(le_bytes(&rows.times, |n| n.to_le_bytes()));
    bytes.extend(le_bytes(&rows.seqs, |n| n.to_le_bytes()));
    bytes.extend_from_slice(&rows.events);
    std::fs::write(path, bytes).unwrap();
}

fn write_ipc(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), false))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, array)| array).collect())
            .unwrap();
    let mut writer = FileWriter::try_new(std::fs::File::create(path).unwrap(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
}

fn open_batch(path: &Path) -> RecordBatch {
    let file = map(path);
    let end = file.len() - 10;
    let len = read_footer_length(file[end..].try_into().unwrap()).unwrap();
    let footer = arrow_ipc::root_as_footer(&file[end - len..end]).unwrap();
    let schema = arrow_ipc::convert::try_fb_to_schema(footer.schema().unwrap()).unwrap();
    let block = *footer.recordBatches().unwrap().get(0);
    let block_len = block.bodyLength() as usize + block.metaDataLength() as usize;
    let data = file.slice_with_length(block.offset() as usize, block_len);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version()).with_require_alignment(true);
    decoder.read_record_batch(&block, &data).unwrap().unwrap()
}

fn open_ipc(people: &Path, rows: &Path) -> Hot {
    let (people, rows) = (open_batch(people), open_batch(rows));
    Hot {
        starts: people.column(1).as_primitive::<UInt32Type>().values().clone(),
        times: rows.column(0).as_primitive::<UInt32Type>().values().clone(),
        events: rows.column(2).as_primitive::<UInt8Type>().values().clone(),
    }
}

fn mask(events: &[u8]) -> u64 {
    let mut mask = 0;
    for (at, chunk) in events.chunks(8).enumerate() {
        let mut bytes = [0u8; 8];
        for (byte, event) in bytes.iter_mut().zip(chunk) {
            *byte = u8::from(*event < 4);
        }
        let bits = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (at * 8);
    }
    mask
}

/// People who did step 1 to 4 in order, each within the window of its step 1, by furthest step.
fn funnel(hot: &Hot) -> [u64; 5] {
    const NONE: u32 = u32::MAX;
    let (starts, times, events) = (&*hot.starts, &*hot.times, &*hot.events);
    let mut counts = [0; 5];
    let (mut person, mut end, mut level, mut any) = (0, starts[1] as usize, 0, false);
    let mut since = [NONE; 4];
    for (block, chunk) in events.chunks(64).enumerate() {
        let mut wanted = mask(chunk);
        while wanted != 0 {
            let row = block * 64 + wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            if row >= end {
                counts[level] += u64::from(any);
                while row >= end {
                    person += 1;
                    end = starts[person + 1] as usize;
                }
                (since, level) = ([NONE; 4], 0);
            }
            any = true;
            let (step, time) = (events[row] as usize, times[row]);
            if step == 0 {
                since[0] = time;
                level = level.max(1);
            } else if since[step - 1] != NONE && time - since[step - 1] <= WINDOW_MS {
                since[step] = since[step - 1];
                level = level.max(step + 1);
            }
        }
    }
    counts[level] += u64::from(any);
    counts
}

fn main() {
    let rows: usize =
        std::env::var("SLUICE_BENCH_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000_000);
    let made = generate(rows);
    let dir = tempfile::tempdir().unwrap();
    let [raw, ipc_people, ipc_rows] =
        ["raw", "people.arrow", "rows.arrow"].map(|n| dir.path().join(n));
    write_raw(&raw, &made);
    let (people, events) = (made.people.len(), made.events.len());
    write_ipc(
        &ipc_people,
        vec![
            ("person", Arc::new(UInt64Array::from(made.people))),
            ("start", Arc::new(UInt32Array::from(made.starts))),
        ],
    );
    write_ipc(
        &ipc_rows,
        vec![
            ("time_ms", Arc::new(UInt32Array::from(made.times))),
            ("seq", Arc::new(UInt32Array::from(made.seqs))),
            ("event", Arc::new(UInt8Array::from(made.events))),
        ],
    );
    let opened = Instant::now();
    let from_raw = open_raw(&raw, people, events);
    let open_raw_us = opened.elapsed().as_micros();
    let opened = Instant::now();
    let from_ipc = open_ipc(&ipc_people, &ipc_rows);
    let open_ipc_us = opened.elapsed().as_micros();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..PASSES {
        for (hot, times) in [&from_raw, &from_ipc].into_iter().zip(&mut times) {
            let start = Instant::now();
            let counts = std::hint::black_box(funnel(hot));
            times.push((start.elapsed().as_secs_f64() * 1e3, counts));
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        times[PASSES / 2]
    });
    assert_eq!(medians[0].1, medians[1].1);
    println!("{events} rows, {people} people, funnel {:?}", medians[0].1);
    println!("raw file: {:.1} ms, opened in {open_raw_us} us", medians[0].0);
    println!("Arrow IPC: {:.1} ms, opened in {open_ipc_us} us", medians[1].0);
    println!("ratio IPC / raw: {:.3}", medians[1].0 / medians[0].0);
}
