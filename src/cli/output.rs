//! Writes a report to a file, whole or not at all: a script never finds half of one.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Lets `write` fill a new file beside `path`, then puts it in the place of `path`. A pipe or a device
/// is written to directly.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    replace_with(path, File::options(), write)
}

/// The same for what only the owner may read.
pub(super) fn replace_private(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    replace_with(path, options, write)
}

/// What must be writable for [`replace`] to write `path`: the directory of the file, or the pipe or device itself.
pub(super) fn place(path: &Path) -> PathBuf {
    if is_special(path) {
        return path.to_owned();
    }
    match target(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A report that is being written. Until it is [finished](Self::finish), nothing is at its place; dropped
/// before, it leaves no trace.
pub(super) struct Unfinished {
    // Closed before the file gets its name or is removed.
    out: io::BufWriter<File>,
    place: Place,
}

impl Unfinished {
    /// A new file beside `path`. A pipe or a device is written to directly.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        Self::begin_with(path, File::options())
    }

    fn begin_with(path: &Path, mut options: fs::OpenOptions) -> io::Result<Self> {
        if is_special(path) {
            let out = io::BufWriter::new(File::options().write(true).open(path)?);
            return Ok(Self { out, place: Place(None) });
        }
        let target = target(path);
        let part = beside(&target);
        let out = io::BufWriter::new(options.write(true).create_new(true).open(&part)?);
        Ok(Self { out, place: Place(Some((part, target))) })
    }

    /// Puts the file in its place.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self { mut out, mut place } = self;
        out.flush()?;
        drop(out);
        if let Some((part, target)) = &place.0 {
            fs::rename(part, target)?;
            place.0 = None;
        }
        Ok(())
    }
}

impl Write for Unfinished {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.out.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The unfinished file and the one whose place it takes.
struct Place(Option<(PathBuf, PathBuf)>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.0 {
            let _ = fs::remove_file(part);
        }
    }
}

fn replace_with(
    path: &Path,
    options: fs::OpenOptions,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = Unfinished::begin_with(path, options)?;
    write(&mut out)?;
    out.finish()
}

/// Whether it is a pipe or a device.
fn is_special(path: &Path) -> bool {
    path.exists() && !path.is_file()
}

/// The target of a symbolic link is replaced, not the link.
fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.part", std::process::id()))
}
