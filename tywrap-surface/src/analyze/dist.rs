//! Which installed distribution provides a module, and the digest of what it installed.

use std::collections::BTreeSet;
use std::path::Path;

use super::search::SearchPath;
use crate::digest;

/// An installed distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Its name, as its metadata writes it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Normalised SHA-256 of its RECORD, in lower-case hex: path and hash of each file of the wheel, sorted, without what
    /// installers add in their own way.
    pub record: Option<String>,
    /// Platform and ABI tags of its wheel, such as `cp311-cp311-manylinux_2_28_x86_64`, sorted.
    pub tags: Vec<String>,
}

impl Distribution {
    /// The tags as one, the way a wheel's file name writes them: `cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64`.
    #[must_use]
    pub fn tag(&self) -> String {
        let part = |at: usize| {
            let parts: BTreeSet<&str> = self.tags.iter().filter_map(|tag| tag.splitn(3, '-').nth(at)).collect();
            parts.into_iter().collect::<Vec<_>>().join(".")
        };
        format!("{}-{}-{}", part(0), part(1), part(2))
    }
}

/// The distribution whose RECORD lists the module.
pub(super) fn find(path: &SearchPath, module: &str) -> Option<Distribution> {
    let place = module.replace('.', "/");
    for root in path.roots() {
        let entries = std::fs::read_dir(root).ok()?;
        let mut infos: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "dist-info"))
            .collect();
        let top = place.split('/').next().unwrap_or(&place);
        // Most distributions are called as what they install: theirs is the record to read first.
        infos.sort_by_key(|info| {
            let name = info.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let alike = name.strip_prefix(top).is_some_and(|rest| rest.starts_with('-'));
            (!alike, info.clone())
        });
        // The module itself first; a module that only a stub describes belongs to the stub's distribution.
        let provides = |info: &Path, place: &str| {
            let record = std::fs::read_to_string(info.join("RECORD")).ok()?;
            record.lines().any(|line| provides(line, place)).then(|| read(info, &record))?
        };
        let stub = place.replacen(top, &format!("{top}-stubs"), 1);
        for place in [&place, &stub] {
            if let Some(found) = infos.iter().find_map(|info| provides(info, place)) {
                return Some(found);
            }
        }
    }
    None
}

/// Whether a line of a RECORD is a file of the module.
fn provides(line: &str, place: &str) -> bool {
    let Some(rest) = line.strip_prefix('"').unwrap_or(line).strip_prefix(place) else { return false };
    match rest.strip_prefix('.') {
        // `name.py`, `name.pyi`, `name.cpython-311-x86_64-linux-gnu.so`
        Some(suffix) => {
            let file = suffix.split([',', '"']).next().unwrap_or_default();
            !file.contains('/') && ["py", "pyi", "so", "pyd"].iter().any(|end| file.rsplit('.').next() == Some(end))
        }
        None => rest.starts_with("/__init__.py"),
    }
}

fn read(info: &Path, record: &str) -> Option<Distribution> {
    let metadata = std::fs::read_to_string(info.join("METADATA")).ok()?;
    let header = |key: &str| {
        let headers = metadata.lines().take_while(|line| !line.is_empty());
        headers
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim().to_owned())
    };
    let wheel = std::fs::read_to_string(info.join("WHEEL")).unwrap_or_default();
    let tags: BTreeSet<&str> = wheel.lines().filter_map(|line| line.strip_prefix("Tag:")).map(str::trim).collect();
    let own = info.file_name()?.to_str()?;
    Some(Distribution {
        name: header("Name")?,
        version: header("Version")?,
        record: normalised(record, own).map(|lines| digest::hex(lines.as_bytes())),
        tags: tags.into_iter().map(str::to_owned).collect(),
    })
}

/// The lines of a RECORD that every installer writes alike, sorted; `None` if there are none.
fn normalised(record: &str, own: &str) -> Option<String> {
    let added = ["INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_build.json", "uv_cache.json"];
    let lines: BTreeSet<String> = record
        .lines()
        .filter_map(fields)
        .filter(|(path, _)| {
            // Scripts and data are written outside of site-packages, with the environment's own path in them.
            let outside = path.starts_with("../") || path.starts_with('/');
            let compiled = path.ends_with(".pyc") || path.contains("__pycache__/");
            let info = path.strip_prefix(own).and_then(|rest| rest.strip_prefix('/'));
            !outside && !compiled && !info.is_some_and(|name| added.contains(&name))
        })
        .map(|(path, hash)| format!("{path},{hash}\n"))
        .collect();
    (!lines.is_empty()).then(|| lines.into_iter().collect())
}

/// Path and hash in a line of a RECORD; a path with a comma is quoted.
fn fields(line: &str) -> Option<(String, &str)> {
    let (path, rest) = match line.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.replace("\"\"", "\0\0").find('"')?;
            (quoted.get(..end)?.replace("\"\"", "\""), quoted.get(end + 1..)?.strip_prefix(',')?)
        }
        None => line.split_once(',').map(|(path, rest)| (path.to_owned(), rest))?,
    };
    Some((path.replace('\\', "/"), rest.split(',').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn records_of_two_installers_are_alike() {
        let pip = "a/__init__.py,sha256=x,1\na/__pycache__/__init__.cpython-311.pyc,,\n\"a/b,c.py\",sha256=y,2\n\
                   a-1.dist-info/INSTALLER,sha256=p,4\na-1.dist-info/RECORD,,\na-1.dist-info/REQUESTED,sha256=q,0\n../../../bin/a,sha256=z,3\n";
        let uv = "../../../bin/a,sha256=other,9\na-1.dist-info/INSTALLER,sha256=u,2\na-1.dist-info/RECORD,,\n\
                  \"a/b,c.py\",sha256=y,2\na/__init__.py,sha256=x,1\n";
        assert_eq!(normalised(pip, "a-1.dist-info").unwrap(), "a/__init__.py,sha256=x\na/b,c.py,sha256=y\n");
        assert_eq!(normalised(pip, "a-1.dist-info"), normalised(uv, "a-1.dist-info"));
        let tampered = uv.replace("sha256=x", "sha256=w");
        assert_ne!(normalised(pip, "a-1.dist-info"), normalised(&tampered, "a-1.dist-info"));
    }

    #[test]
    fn modules_are_told_from_their_neighbours() {
        for (line, expected) in [
            ("numpy/__init__.py,sha256=x,1", true),
            ("numpy/__init__.pyi,sha256=x,1", true),
            ("numpy.py,,", true),
            ("numpy.cpython-311-x86_64-linux-gnu.so,,", true),
            ("numpy_ext/__init__.py,,", false),
            ("numpy.libs/x.so,,", false),
            ("numpy-1.dist-info/RECORD,,", false),
            ("numpy/core.py,,", false),
        ] {
            assert_eq!(provides(line, "numpy"), expected, "{line}");
        }
    }
}
