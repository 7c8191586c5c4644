//! `GET /api/2/export`: the events that arrived in some hours, as a zip archive of gzipped lines of
//! JSON, a file or more for each hour. Made and sent piece by piece.

use std::collections::HashMap;
use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};
use sluice_event::WorkspaceNo;
use tokio::sync::mpsc;

use super::failure::{Failure, Result};
use super::params::Params;
use super::project::Project;
use super::row::Row;
use super::zip::Zip;
use crate::error::ApiError;
use crate::handles::{ExportPage, ExportQuery, ExportedEvent};
use crate::state::ApiState;

const HOUR_MICROS: i64 = 3_600_000_000;
const HOURS_MAX: i64 = 365 * 24;
/// A file is closed when it has this size; what one export holds in memory is about as much.
const FILE_BYTES_MAX: usize = 4 << 20;
/// Pieces that wait for a slow reader.
const PIECES_MAX: usize = 2;

type Piece = std::result::Result<Bytes, std::io::Error>;

pub(super) async fn export(project: Project) -> Result<Response> {
    let which = hours(&project.params)?;
    let (api, workspace) = (project.api, project.workspace);
    // The first page is read before the answer begins, since "nothing" is an error.
    let mut first = page(&api, workspace, which).await?;
    while first.events.is_empty() {
        let Some(next) = first.next else {
            return Err(Failure::not_found("No events arrived in these hours"));
        };
        first = page(&api, workspace, ExportQuery { from_offset: next, ..which }).await?;
    }
    let (pieces, sent) = mpsc::channel(PIECES_MAX);
    tokio::spawn(async move {
        let mut archive =
            Archive { workspace, pieces, zip: Zip::default(), file: None, numbers: HashMap::new() };
        if let Err(broken) = fill(&api, which, first, &mut archive).await {
            tracing::error!(error = %broken, "an export broke off");
            drop(archive.pieces.send(Err(broken)).await);
        }
    });
    let body = stream::unfold(sent, |mut sent: mpsc::Receiver<Piece>| async move {
        sent.recv().await.map(|piece| (piece, sent))
    });
    let head = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"export.zip\""),
    ];
    Ok((head, Body::from_stream(body)).into_response())
}

/// `start` and `end`: hours in UTC, both included.
fn hours(params: &Params) -> Result<ExportQuery> {
    let [start, end] = ["start", "end"].map(|name| {
        let text = format!("{}00", params.required(name)?);
        let hour = jiff::civil::DateTime::strptime("%Y%m%dT%H%M", &text).ok();
        let hour = hour.and_then(|hour| hour.in_tz("UTC").ok());
        hour.ok_or_else(|| Failure::parameter(name, "an hour is written YYYYMMDDTHH"))
    });
    let late = || Failure::parameter("end", "it is out of the calendar");
    let (start, end) = (start?.timestamp(), end?.timestamp());
    let end = end.checked_add(1.hour()).map_err(|_| late())?;
    let hours = (end.as_microsecond() - start.as_microsecond()) / HOUR_MICROS;
    if !(1..=HOURS_MAX).contains(&hours) {
        return Err(Failure::parameter(
            "end",
            "it must be after start, and at most 365 days later",
        ));
    }
    let (from, to) = (start.as_microsecond(), end.as_microsecond());
    Ok(ExportQuery { from_micros: from, to_micros: to, from_offset: 0 })
}

async fn page(
    api: &ApiState,
    workspace: WorkspaceNo,
    which: ExportQuery,
) -> std::result::Result<ExportPage, ApiError> {
    Ok(api.handles().exports.page(workspace, which).await?)
}

async fn fill(
    api: &ApiState,
    which: ExportQuery,
    first: ExportPage,
    archive: &mut Archive,
) -> std::io::Result<()> {
    let mut page = first;
    loop {
        for event in &page.events {
            archive.put(event).await?;
        }
        let Some(next) = page.next else { break };
        page = self::page(api, archive.workspace, ExportQuery { from_offset: next, ..which })
            .await
            .map_err(std::io::Error::other)?;
    }
    archive.close_file().await?;
    let end = std::mem::take(&mut archive.zip).end();
    archive.send(end).await
}

struct Archive {
    workspace: WorkspaceNo,
    pieces: mpsc::Sender<Piece>,
    zip: Zip,
    file: Option<(i64, GzEncoder<Vec<u8>>)>,
    /// Files of each hour so far.
    numbers: HashMap<i64, u32>,
}

impl Archive {
    async fn put(&mut self, event: &ExportedEvent) -> std::io::Result<()> {
        let hour = event.received_micros.div_euclid(HOUR_MICROS);
        if self
            .file
            .as_ref()
            .is_some_and(|(open, file)| *open != hour || file.get_ref().len() >= FILE_BYTES_MAX)
        {
            self.close_file().await?;
        }
        let (_, file) = self
            .file
            .get_or_insert_with(|| (hour, GzEncoder::new(Vec::new(), Compression::fast())));
        let content: Value = serde_json::from_str(&event.event.0)?;
        let traits: Option<Value> =
            event.traits.as_deref().map(serde_json::from_str).transpose()?;
        let row = Row {
            workspace: self.workspace,
            offset: event.offset,
            name: &event.name,
            person: event.person,
            event: &content,
            traits: traits.unwrap_or_else(|| json!({})),
        };
        writeln!(file, "{}", row.to_json())
    }

    async fn close_file(&mut self) -> std::io::Result<()> {
        let Some((hour, file)) = self.file.take() else { return Ok(()) };
        let content = file.finish()?;
        let number = self.numbers.entry(hour).or_default();
        let at = Timestamp::from_microsecond(hour * HOUR_MICROS).map_err(std::io::Error::other)?;
        let (project, at) = (self.workspace.0, at.strftime("%Y-%m-%d_%-H"));
        let name = format!("{project}/{project}_{at}#{number}.json.gz");
        *number += 1;
        let piece = self.zip.file(&name, &content).ok_or_else(|| {
            std::io::Error::other("the archive would have more than 4 GB: ask for fewer hours")
        })?;
        self.send(piece).await
    }

    async fn send(&mut self, piece: Vec<u8>) -> std::io::Result<()> {
        let gone = |_| std::io::Error::other("nobody reads the export any more");
        self.pieces.send(Ok(piece.into())).await.map_err(gone)
    }
}
