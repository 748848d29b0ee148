//! Reads the secrets file. Its text is wiped as soon as it is understood.

use std::fs::File;
use std::io::Read as _;
use std::io::Write;
use std::path::Path;

use zeroize::Zeroizing;

use super::CliError;
use super::say;
use crate::base::limits;
use crate::crypto::secret::Secrets;

/// Reads a secrets file; warns where others may read it too.
pub(super) fn read(path: &Path, quiet: bool, err: &mut dyn Write) -> Result<Secrets, CliError> {
    let failed = |reason: String| CliError::File { name: path.display().to_string(), reason };
    let file = File::open(path).map_err(|e| failed(e.to_string()))?;
    if !quiet && readable_by_others(&file) {
        say(err, &format!("warning: {}: other users can read it; `chmod 600` it", path.display()));
    }
    // Of full size from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let mut bounded = file.take(limits::SECRETS_FILE + 1);
    bounded.read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
    if bytes.len() > LONGEST {
        return Err(failed(format!("larger than {LONGEST} octets; is it a secrets file?")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count();
        failed(format!("line {line}: not UTF-8 text"))
    })?;
    let secrets = Secrets::parse(text).map_err(|e| failed(e.to_string()))?;
    if !quiet && secrets.is_empty() {
        say(err, &format!("warning: {}: holds no secrets", path.display()));
    }
    Ok(secrets)
}

#[cfg(unix)]
fn readable_by_others(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &File) -> bool {
    false
}

#[allow(clippy::cast_possible_truncation)] // 1 MiB.
const LONGEST: usize = limits::SECRETS_FILE as usize;
