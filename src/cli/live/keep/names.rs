//! Names of rotated files: `vpn.pcapng` → `vpn-20261123T025826Z-0001.pcapng`, the time of its beginning
//! in UTC and a counter, so that the order of names is the order of time.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::base::time::Timestamp;

/// What the names of one plan have in common.
#[derive(Debug)]
pub(super) struct Names {
    /// Empty for the current directory, so that names look as they were given.
    directory: PathBuf,
    /// `vpn-`.
    head: OsString,
    /// `.pcapng`, or nothing.
    tail: OsString,
}

impl Names {
    pub(super) fn new(path: &Path) -> Self {
        let mut head = path.file_stem().unwrap_or_default().to_owned();
        head.push("-");
        let mut tail = OsString::new();
        if let Some(extension) = path.extension() {
            tail.push(".");
            tail.push(extension);
        }
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        Self { directory, head, tail }
    }

    /// Makes a new file for frames from `at` on, with `counter` or the next one that is free.
    pub(super) fn create(&self, at: Timestamp, counter: u64) -> io::Result<(File, PathBuf)> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for counter in (counter..).take(TRIES) {
            let path = self.path(at, counter);
            match options().create_new(true).open(&path) {
                Ok(file) => return Ok((file, path)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
                Err(e) => return Err(named(&path, &e)),
            }
        }
        Err(named(&self.path(at, counter), &last))
    }

    /// The files that are there, oldest first.
    pub(super) fn existing(&self) -> io::Result<Vec<PathBuf>> {
        let place = if self.directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            self.directory.as_path()
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(place).map_err(|e| named(place, &e))? {
            let entry = entry.map_err(|e| named(place, &e))?;
            let name = entry.file_name();
            let Some(order) = self.order(&name) else { continue };
            // Never a directory or a link that happens to have such a name.
            if entry.file_type().is_ok_and(|t| t.is_file()) {
                found.push((order, self.directory.join(name)));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    fn path(&self, at: Timestamp, counter: u64) -> PathBuf {
        let mut name = self.head.clone();
        name.push(format!("{}-{counter:04}", stamp(at)));
        name.push(&self.tail);
        self.directory.join(name)
    }

    /// Time and counter, where it is one of these names.
    fn order(&self, name: &OsStr) -> Option<(String, u64)> {
        let rest = name.as_encoded_bytes().strip_prefix(self.head.as_encoded_bytes())?;
        let rest = rest.strip_suffix(self.tail.as_encoded_bytes())?;
        let (time, counter) = std::str::from_utf8(rest).ok()?.split_once('-')?;
        let as_written = time.len() == STAMP.len()
            && time.bytes().zip(STAMP.bytes()).all(|(c, form)| match form {
                b'0' => c.is_ascii_digit(),
                form => c == form,
            });
        let counts = counter.len() >= 4 && counter.bytes().all(|c| c.is_ascii_digit());
        (as_written && counts).then(|| Some((time.to_owned(), counter.parse().ok()?)))?
    }
}

/// How files with packets are opened: readable by the owner and the group, for packets hold proofs of
/// passwords.
pub(super) fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options
}

/// The error with the file it is about.
pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn stamp(at: Timestamp) -> String {
    let mut text = at.rfc3339();
    text.truncate("2026-11-23T02:58:26".len());
    text.retain(|c| c != '-' && c != ':');
    text + "Z"
}

const STAMP: &str = "00000000T000000Z";
/// Files of one second that are passed over to find a free name.
const TRIES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_time_and_counter() {
        let at = Timestamp::from_parts(1_795_402_706, 999_999_999);
        let names = Names::new(Path::new("caps/vpn.pcapng"));
        assert_eq!(names.path(at, 1), Path::new("caps/vpn-20261123T025826Z-0001.pcapng"));
        assert_eq!(
            Names::new(Path::new("vpn")).path(at, 12_345),
            Path::new("vpn-20261123T025826Z-12345")
        );
    }

    #[test]
    fn only_names_of_the_plan_are_recognised() {
        let names = Names::new(Path::new("vpn.pcapng"));
        let order = |name: &str| names.order(OsStr::new(name));
        assert_eq!(
            order("vpn-20261123T025826Z-0007.pcapng"),
            Some(("20261123T025826Z".to_owned(), 7))
        );
        for other in [
            "vpn.pcapng",
            "vpn-.pcapng",
            "vpn-20261123T025826Z-0001.pcap",
            "vpn-20261123T025826Z-0001.pcapng.gz",
            "vpn-20261123T025826Z-1.pcapng",
            "vpn-20261123T025826Z-0001-copy.pcapng",
            "vpn-20261123T025826-0001.pcapng",
            "vpn-2-20261123T025826Z-0001.pcapng",
            "vpn2-20261123T025826Z-0001.pcapng",
            "vpn-2026112xT025826Z-0001.pcapng",
            "vpn-20261123T025826Z-99999999999999999999999.pcapng",
        ] {
            assert_eq!(order(other), None, "{other}");
        }
    }
}
