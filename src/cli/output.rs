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

fn replace_with(
    path: &Path,
    mut options: fs::OpenOptions,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        let mut out = io::BufWriter::new(File::options().write(true).open(path)?);
        return write(&mut out).and_then(|()| out.flush());
    }
    // The target of a symbolic link is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let unfinished = beside(&target);
    let mut out = io::BufWriter::new(options.write(true).create_new(true).open(&unfinished)?);
    let written = write(&mut out).and_then(|()| out.flush());
    drop(out);
    let done = written.and_then(|()| fs::rename(&unfinished, &target));
    if done.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.part", std::process::id()))
}
