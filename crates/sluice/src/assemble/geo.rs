//! The country of an address, from a database file that the operator supplies (MaxMind's format:
//! GeoLite2 and DB-IP by country or city, IPinfo). Read again when it changes.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use maxminddb::{PathElement, Reader};
use sluice_columnar::{Country, Places};

/// How often the file is looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(30);

/// Opens the file and watches it, for as long as the process lives.
pub(super) fn open(path: &Path) -> anyhow::Result<Arc<dyn Places>> {
    let geo = Arc::new(Geo { current: RwLock::new(load(path)?), path: path.to_path_buf() });
    let watched = Arc::clone(&geo);
    std::thread::Builder::new().name("geoip-reload".to_owned()).spawn(move || {
        let mut seen = watched.changed_at();
        loop {
            std::thread::sleep(RELOAD_EVERY);
            seen = watched.reload(seen);
        }
    })?;
    Ok(geo)
}

struct Geo {
    current: RwLock<Reader<Vec<u8>>>,
    path: PathBuf,
}

impl std::fmt::Debug for Geo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Geo").field("path", &self.path).finish_non_exhaustive()
    }
}

fn load(path: &Path) -> anyhow::Result<Reader<Vec<u8>>> {
    Reader::open_readfile(path)
        .with_context(|| format!("cannot read the GeoIP database {}", path.display()))
}

impl Geo {
    fn changed_at(&self) -> Option<SystemTime> {
        self.path.metadata().and_then(|meta| meta.modified()).ok()
    }

    /// Reads the file again if it changed since `seen`; a broken one changes nothing.
    fn reload(&self, seen: Option<SystemTime>) -> Option<SystemTime> {
        let now = self.changed_at();
        if now == seen {
            return seen;
        }
        match load(&self.path) {
            Ok(loaded) => {
                if let Ok(mut current) = self.current.write() {
                    *current = loaded;
                    tracing::info!("the GeoIP database was read again");
                }
            }
            Err(error) => tracing::error!(
                error = format!("{error:#}"),
                "the changed GeoIP database cannot be used; going on with the old one"
            ),
        }
        now
    }
}

impl Places for Geo {
    fn country(&self, ip: IpAddr) -> Option<Country> {
        let reader = self.current.read().ok()?;
        let found = reader.lookup(ip).ok()?;
        let text = |path: &[&str]| {
            let path: Vec<_> = path.iter().map(|key| PathElement::Key(key)).collect();
            found.decode_path::<&str>(&path).ok().flatten().map(str::to_owned)
        };
        // IPinfo writes the code, or the name beside `country_code`.
        let code = text(&["country", "iso_code"])
            .or_else(|| text(&["country_code"]))
            .or_else(|| text(&["country"]))?;
        let name = text(&["country", "names", "en"])
            .or_else(|| text(&["country_name"]))
            .or_else(|| text(&["country"]));
        Some(Country { name: name.unwrap_or_else(|| code.clone()), code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Vec<u8> {
        [&[0x40 | text.len() as u8], text.as_bytes()].concat()
    }

    fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut out = vec![0xe0 | members.len() as u8];
        for (key, value) in members {
            out.extend(string(key));
            out.extend(value);
        }
        out
    }

    fn u16_of(number: u8) -> Vec<u8> {
        vec![0xa1, number]
    }

    /// A database in which every IPv4 address is in one country.
    fn database(code: &str, name: &str) -> Vec<u8> {
        let country = map(&[("iso_code", string(code)), ("names", map(&[("en", string(name))]))]);
        let node = [0, 0, 17, 0, 0, 17];
        let metadata = map(&[
            ("binary_format_major_version", u16_of(2)),
            ("binary_format_minor_version", u16_of(0)),
            ("build_epoch", vec![0x01, 0x02, 1]),
            ("database_type", string("Test")),
            ("description", map(&[])),
            ("ip_version", u16_of(4)),
            ("languages", vec![0x00, 0x04]),
            ("node_count", vec![0xc1, 1]),
            ("record_size", u16_of(24)),
        ]);
        let data = map(&[("country", country)]);
        [&node[..], &[0; 16], &data, b"\xab\xcd\xefMaxMind.com", &metadata].concat()
    }

    #[test]
    fn a_changed_database_is_read_again_and_a_broken_one_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("country.mmdb");
        std::fs::write(&path, database("NO", "Norway")).unwrap();
        let geo = Geo { current: RwLock::new(load(&path).unwrap()), path: path.clone() };
        let name = || geo.country([203, 0, 113, 7].into()).map(|country| country.name);
        assert_eq!(name().as_deref(), Some("Norway"));
        assert_eq!(geo.country([203, 0, 113, 7].into()).unwrap().code, "NO");

        std::fs::write(&path, database("CL", "Chile")).unwrap();
        let seen = geo.reload(None);
        assert_eq!(name().as_deref(), Some("Chile"));
        assert_eq!(geo.reload(seen), seen);

        std::fs::write(&path, b"no database").unwrap();
        geo.reload(None);
        assert_eq!(name().as_deref(), Some("Chile"));
        assert!(open(&path).is_err(), "at the start it is an error");
    }
}
