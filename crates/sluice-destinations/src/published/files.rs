//! The files that npm built (`catalogue/dist`), compressed, wherever they lie.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use flate2::read::GzDecoder;

/// Of one file, unpacked.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Cheap to clone.
#[derive(Clone)]
pub struct Files(Source);

#[derive(Clone)]
enum Source {
    Embedded(&'static [(&'static str, &'static [u8])]),
    Folder(Arc<Path>),
}

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("cannot read {0} of the catalogue of destinations")]
    Read(String, #[source] std::io::Error),
    #[error("{0} of the catalogue of destinations is damaged: {1}")]
    Damaged(String, String),
}

impl Files {
    /// Path below `dist/` and content.
    #[must_use]
    pub const fn embedded(list: &'static [(&'static str, &'static [u8])]) -> Self {
        Self(Source::Embedded(list))
    }

    #[must_use]
    pub fn folder(path: &Path) -> Self {
        Self(Source::Folder(path.into()))
    }

    /// The unpacked text of `<name>.gz`; `None` if there is no such file.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, FilesError> {
        let packed = format!("{name}.gz");
        let wrong = |error| FilesError::Read(packed.clone(), error);
        let mut text = String::new();
        match &self.0 {
            Source::Embedded(list) => {
                let Some((_, bytes)) = list.iter().find(|(path, _)| *path == packed) else {
                    return Ok(None);
                };
                let unpacked = GzDecoder::new(*bytes).take(FILE_BYTES_MAX);
                { unpacked }.read_to_string(&mut text).map_err(wrong)?;
            }
            Source::Folder(folder) => {
                let file = match std::fs::File::open(folder.join(&packed)) {
                    Ok(file) => file,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(wrong(error)),
                };
                let unpacked = GzDecoder::new(file).take(FILE_BYTES_MAX);
                { unpacked }.read_to_string(&mut text).map_err(wrong)?;
            }
        }
        Ok(Some(text))
    }
}
