//! Arrow IPC: one record batch per entry, written in one piece and read without copying.
//!
//! One batch and not many, so that a column is one slice. Bytes that are not aligned (a file held in
//! memory by the simulation) are copied by Arrow's decoder; mapped files are aligned.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Schema};

const TRAILER_BYTES: usize = 10;

pub(crate) fn encode(columns: Vec<(&str, ArrayRef)>) -> Result<Vec<u8>, ArrowError> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), array.is_nullable()))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, a)| a).collect())?;
    let mut out = Vec::with_capacity(batch.get_array_memory_size() + 1024);
    let mut writer = FileWriter::try_new(&mut out, &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(out)
}

pub(crate) fn decode(buffer: &Buffer) -> Result<RecordBatch, ArrowError> {
    let bad = |what: &str| ArrowError::IpcError(what.to_owned());
    let end = buffer.len().checked_sub(TRAILER_BYTES).ok_or_else(|| bad("too short"))?;
    let trailer = buffer[end..].try_into().map_err(|_| bad("too short"))?;
    let footer_start =
        end.checked_sub(read_footer_length(trailer)?).ok_or_else(|| bad("footer too long"))?;
    let footer = arrow_ipc::root_as_footer(&buffer[footer_start..end])
        .map_err(|error| ArrowError::IpcError(error.to_string()))?;
    let schema = footer.schema().ok_or_else(|| bad("no schema"))?;
    let schema = Arc::new(arrow_ipc::convert::try_fb_to_schema(schema)?);
    let decoder = FileDecoder::new(schema, footer.version());
    let block = *footer
        .recordBatches()
        .and_then(|blocks| (!blocks.is_empty()).then(|| blocks.get(0)))
        .ok_or_else(|| bad("no record batch"))?;
    let at = usize::try_from(block.offset()).map_err(|_| bad("block offset"))?;
    let len = usize::try_from(block.bodyLength() + i64::from(block.metaDataLength()))
        .map_err(|_| bad("block length"))?;
    if at.checked_add(len).is_none_or(|to| to > buffer.len()) {
        return Err(bad("block outside the file"));
    }
    let data = buffer.slice_with_length(at, len);
    decoder.read_record_batch(&block, &data)?.ok_or_else(|| bad("no record batch"))
}

/// The values of one column of a batch as a slice, if it has that type.
pub(crate) fn values<T: arrow_array::ArrowPrimitiveType>(
    batch: &RecordBatch,
    name: &str,
) -> Option<ScalarBuffer<T::Native>> {
    use arrow_array::cast::AsArray;
    Some(batch.column_by_name(name)?.as_primitive_opt::<T>()?.values().clone())
}
