//! Writing: files whole or not at all, and text to the standard streams.

use crate::failure::Failure;
use crate::temporary;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

/// Writes a file whole or not at all: to a temporary file in the same folder, which then takes the name.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::environment(format!("cannot write {}: {error}", path.display()));
    if path == Path::new("-") || path == Path::new("/dev/stdout") {
        // Also where it is a file, which whoever started this process has open.
        return say_bytes(bytes);
    }
    // A link stays one: what it leads to is replaced.
    let target = std::fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    let special = std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if special {
        // A device or pipe cannot be replaced by renaming.
        return std::fs::write(path, bytes).map_err(fail);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The error does not name the temporary file, of which the user knows nothing.
    let file = tempfile::Builder::new().prefix(".lang-").tempfile_in(folder);
    let mut file = file.map_err(|error| {
        Failure::environment(format!("cannot write {}: {}", path.display(), temporary::plain(error)))
    })?;
    file.as_file_mut().write_all(bytes).and_then(|()| file.as_file().sync_data()).map_err(fail)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666 & !umask());
    file.as_file().set_permissions(mode).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// The permissions that new files of this process do not get.
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o022)
}

/// Writes text to standard output. That nobody reads it any more is no failure.
pub fn say(text: &str) -> Result<(), Failure> {
    say_bytes(text.as_bytes())
}

fn say_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::environment(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Whether colours go to this stream: to a terminal, unless the user wants none (<https://no-color.org>).
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes a line to standard error; where that fails there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
