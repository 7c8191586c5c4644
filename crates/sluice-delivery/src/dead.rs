//! Dead letters of one connection: deliveries given up, kept with payload, reason and last answer.
//!
//! An append-only file of checksummed records. Which letters are live says the connection's
//! journal, committed after the letter is written: a record that the journal does not name is
//! ignored, so a crash between the two leaves no letter too many. The file is written anew when
//! most of it is dead weight.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_base::state_file::crc32c;
use sluice_base::{Disk, DiskFile, Timestamp};
use sluice_destination_kit::Exchange;
use sluice_event::StoredEvent;
use sluice_event::codec::{self, CodecError, Reader};

use crate::state::{put_events, read_events};

const HEADER: &[u8; 5] = b"SLDL\x01";
const HEAD_BYTES: usize = 8;
/// Dead weight below this is not worth a rewrite.
const WASTE_BYTES_MIN: u64 = 1 << 20;

/// A delivery given up.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Of the event in the events log; names the letter.
    pub offset: u64,
    /// A code: a status, a network code, or `window_expired`, `backlog_over_budget`.
    pub reason: String,
    pub message: String,
    pub attempts: u32,
    pub first_attempt_at: Option<Timestamp>,
    pub at: Timestamp,
    /// The last request and answer, redacted.
    pub exchange: Option<Exchange>,
    pub event: Arc<StoredEvent>,
}

pub(crate) struct DeadLetters {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    end: u64,
    /// Place and length of each letter's record, head included.
    places: BTreeMap<u64, (u64, u64)>,
    live_bytes: u64,
}

impl DeadLetters {
    /// Opens the file and keeps the letters of the events in `live`, which were all synced. What a
    /// crash left after them is cut.
    ///
    /// # Errors
    /// From the disk; of kind `InvalidData` if one of `live` cannot be found.
    pub(crate) fn open<'a>(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        live: impl Iterator<Item = &'a u64>,
    ) -> io::Result<Self> {
        let file = match disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&*disk, &path)?,
            Err(error) => return Err(error),
        };
        let mut letters = Self {
            disk,
            path,
            file,
            end: HEADER.len() as u64,
            places: BTreeMap::new(),
            live_bytes: 0,
        };
        letters.scan()?;
        letters.keep(live)?;
        if letters.file.len()? > letters.end {
            letters.file.set_len(letters.end)?;
        }
        Ok(letters)
    }

    fn scan(&mut self) -> io::Result<()> {
        let mut header = [0; HEADER.len()];
        let read = self.file.read_at(0, &mut header)?;
        if read < HEADER.len() {
            // Created, but the crash came before the first sync.
            self.file.write_at(0, HEADER)?;
            return self.file.sync();
        }
        if &header != HEADER {
            let message =
                format!("{} is not a dead letter file of a known version", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        while let Some(content) = read_record(&*self.file, self.end)? {
            let bytes = (HEAD_BYTES + content.len()) as u64;
            let offset = Reader::new(&content).u64("offset").map_err(io::Error::other)?;
            self.places.insert(offset, (self.end, bytes));
            self.end += bytes;
        }
        Ok(())
    }

    fn keep<'a>(&mut self, live: impl Iterator<Item = &'a u64>) -> io::Result<()> {
        let found = std::mem::take(&mut self.places);
        for offset in live {
            let place = found.get(offset).ok_or_else(|| self.damaged(*offset, self.end))?;
            self.places.insert(*offset, *place);
        }
        self.live_bytes = self.places.values().map(|(_, bytes)| bytes).sum();
        Ok(())
    }

    fn damaged(&self, offset: u64, at: u64) -> io::Error {
        let message = format!(
            "{} is damaged at byte {at}: the dead letter of offset {offset} cannot be read",
            self.path.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, message)
    }

    /// Writes letters; durable when this returns.
    pub(crate) fn append(&mut self, letters: &[DeadLetter]) -> io::Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let mut places = Vec::with_capacity(letters.len());
        for letter in letters {
            let at = self.end + bytes.len() as u64;
            put_record(&mut bytes, &encode(letter))?;
            places.push((letter.offset, (at, self.end + bytes.len() as u64 - at)));
        }
        self.file.write_at(self.end, &bytes)?;
        self.file.sync()?;
        self.end += bytes.len() as u64;
        self.places.extend(places);
        self.live_bytes = self.places.values().map(|(_, bytes)| bytes).sum();
        Ok(())
    }

    /// Forgets letters that the journal no longer names, and writes the file anew when that pays.
    pub(crate) fn forget(&mut self, offsets: &[u64]) -> io::Result<()> {
        for offset in offsets {
            if let Some((_, bytes)) = self.places.remove(offset) {
                self.live_bytes -= bytes;
            }
        }
        let waste = self.end - self.live_bytes;
        if waste > WASTE_BYTES_MIN && waste > self.live_bytes {
            self.rewrite()?;
        }
        Ok(())
    }

    /// Writes a file of these letters alone in place of this one.
    pub(crate) fn replace(&mut self, letters: &[DeadLetter]) -> io::Result<()> {
        self.places.clear();
        self.live_bytes = 0;
        self.rewrite()?;
        self.append(letters)
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let temporary = self.path.with_extension("tmp");
        match self.disk.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = self.disk.create(&temporary)?;
        file.write_at(0, HEADER)?;
        let mut end = HEADER.len() as u64;
        let mut places = BTreeMap::new();
        for (offset, (at, bytes)) in &self.places {
            let mut record = vec![0; usize::try_from(*bytes).map_err(io::Error::other)?];
            self.file.read_at(*at, &mut record)?;
            file.write_at(end, &record)?;
            places.insert(*offset, (end, *bytes));
            end += bytes;
        }
        file.sync()?;
        self.disk.rename(&temporary, &self.path)?;
        if let Some(dir) = self.path.parent() {
            self.disk.sync_dir(dir)?;
        }
        (self.file, self.end, self.places) = (file, end, places);
        Ok(())
    }

    /// `None` if there is no such letter.
    ///
    /// # Errors
    /// From the disk; of kind `InvalidData` if the letter was damaged since it was opened or written.
    pub(crate) fn get(&self, offset: u64) -> io::Result<Option<DeadLetter>> {
        let Some((at, _)) = self.places.get(&offset) else { return Ok(None) };
        let content = read_record(&*self.file, *at)?;
        let content = content.ok_or_else(|| self.damaged(offset, *at))?;
        decode(&content).map(Some).map_err(io::Error::other)
    }
}

fn create(disk: &dyn Disk, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
    let file = disk.create(path)?;
    file.write_at(0, HEADER)?;
    file.sync()?;
    if let Some(dir) = path.parent() {
        disk.sync_dir(dir)?;
    }
    Ok(file)
}

fn put_record(out: &mut Vec<u8>, content: &[u8]) -> io::Result<()> {
    let len = u32::try_from(content.len()).map_err(io::Error::other)?;
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&crc32c(content).to_le_bytes());
    out.extend_from_slice(content);
    Ok(())
}

/// `None` at the end, or where the file was torn.
fn read_record(file: &dyn DiskFile, at: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; HEAD_BYTES];
    if file.read_at(at, &mut head)? < HEAD_BYTES {
        return Ok(None);
    }
    let [a, b, c, d, e, f, g, h] = head;
    let (len, crc) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if len == 0 || u64::from(len) > file.len()? {
        return Ok(None);
    }
    let mut content = vec![0; len as usize];
    let read = file.read_at(at + HEAD_BYTES as u64, &mut content)?;
    Ok((read == content.len() && crc32c(&content) == crc).then_some(content))
}

fn encode(letter: &DeadLetter) -> Vec<u8> {
    let out = &mut Vec::new();
    codec::put_u64(out, letter.offset);
    codec::put_bytes(out, letter.reason.as_bytes());
    codec::put_bytes(out, letter.message.as_bytes());
    codec::put_u64(out, u64::from(letter.attempts));
    codec::put_opt_time(out, letter.first_attempt_at);
    codec::put_i64(out, letter.at.as_micros());
    out.push(u8::from(letter.exchange.is_some()));
    if let Some(exchange) = &letter.exchange {
        for text in [&exchange.request_head, &exchange.request_body, &exchange.answer_body] {
            codec::put_bytes(out, text.as_bytes());
        }
        codec::put_u64(out, exchange.status.map_or(0, u64::from));
    }
    put_events(out, vec![(*letter.event).clone()]);
    std::mem::take(out)
}

fn decode(content: &[u8]) -> Result<DeadLetter, CodecError> {
    let r = &mut Reader::new(content);
    let offset = r.u64("offset")?;
    let (reason, message) = (r.str("reason")?.to_owned(), r.str("message")?.to_owned());
    let attempts = r.u32("attempts")?;
    let (first_attempt_at, at) = (r.opt_time("first attempt")?, r.time("time")?);
    let exchange = if r.u8("exchange")? == 0 {
        None
    } else {
        Some(Exchange {
            request_head: r.str("request")?.to_owned(),
            request_body: r.str("request")?.to_owned(),
            answer_body: r.str("answer")?.to_owned(),
            status: u16::try_from(r.u32("status")?).ok().filter(|status| *status != 0),
        })
    };
    let event = read_events(r)?.into_iter().next().ok_or(CodecError::Invalid("dead letter"))?;
    let event = Arc::new(event);
    Ok(DeadLetter { offset, reason, message, attempts, first_attempt_at, at, exchange, event })
}
