//! Looking through every file of a data folder.

use std::path::Path;

/// All files below `dir`; zstd frames in them are searched as they are and inflated. LZ4, which the
/// store of the identity map uses, leaves a text as it is where it stands for the first time.
pub(crate) fn search(dir: &Path, look: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, look);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        look(&path, &bytes);
        let frame = [0x28, 0xb5, 0x2f, 0xfd];
        for at in
            bytes.windows(4).enumerate().filter(|(_, window)| *window == frame).map(|(at, _)| at)
        {
            let mut inflated = Vec::new();
            let mut decoder = zstd::Decoder::new(&bytes[at..]).unwrap().single_frame();
            if std::io::Read::read_to_end(&mut decoder, &mut inflated).is_ok() {
                look(&path, &inflated);
            }
        }
    }
}

/// The files that hold one of the texts, with it.
pub(crate) fn holding(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    search(dir, &mut |path, bytes| {
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(format!("{}: {text}", path.strip_prefix(dir).unwrap().display()));
            }
        }
    });
    found.sort();
    found.dedup();
    found
}
