//! Makes the lists of the files that npm built (`cargo xtask assets`), for `assets.rs` to embed.
//! Where a folder was not built its list is empty, and the server says so where it would serve it.

use std::path::{Path, PathBuf};

/// Name of the list, and the folder.
const EMBEDDED: &[(&str, &str)] =
    &[("BROWSER", "browser/dist"), ("CATALOGUE", "catalogue/dist"), ("CONSOLE", "console/dist")];

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let mut code = String::new();
    for (list, folder) in EMBEDDED {
        let mut files = Vec::new();
        let folder = root.join(folder);
        if folder.is_dir() {
            println!("cargo::rerun-if-changed={}", folder.display());
            find(&folder, &folder, &mut files)?;
            files.sort();
        }
        let entry = |(name, path): &(String, PathBuf)| {
            format!("({name:?}, include_bytes!({:?})),", path.display())
        };
        let entries: String = files.iter().map(entry).collect();
        code += &format!("pub(crate) static {list}: &[(&str, &[u8])] = &[{entries}];\n");
    }
    std::fs::write(Path::new(&env("OUT_DIR")).join("assets.rs"), code)
}

fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn find(folder: &Path, base: &Path, files: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, base, files)?;
        } else {
            let name = path.strip_prefix(base).unwrap_or(&path);
            files.push((name.to_string_lossy().replace('\\', "/"), path.clone()));
        }
    }
    Ok(())
}
