//! Temporary folders, which are gone when the command ends, also where a signal ends it.
//!
//! The first folder starts a thread that waits for the signals that ask a process to end. While a program runs in a
//! process of its own, it is the one who is asked: this process waits for it, and then ends as it ended.

use crate::failure::Failure;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// What has to be seen to when a signal comes.
struct Living {
    watched: bool,
    folders: Vec<PathBuf>,
    program: Option<Pid>,
}

static LIVING: Mutex<Living> = Mutex::new(Living { watched: false, folders: Vec::new(), program: None });

fn living() -> MutexGuard<'static, Living> {
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that is removed, with what is in it, when this is dropped.
pub struct Folder(TempDir);

impl Folder {
    /// In the system's folder for such.
    pub fn new() -> Result<Folder, Failure> {
        Folder::make(tempfile::tempdir)
            .map_err(|error| Failure::environment(format!("cannot make a temporary folder: {error}")))
    }

    /// Beside this file, so that what is made in it only has to be renamed to become the file.
    pub fn beside(file: &Path) -> Result<Folder, Failure> {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The error does not name the temporary folder, of which the user knows nothing.
        Folder::make(|| tempfile::Builder::new().prefix(".lang-").tempdir_in(folder))
            .map_err(|error| Failure::environment(format!("cannot write {}: {}", file.display(), plain(error))))
    }

    fn make(make: impl FnOnce() -> std::io::Result<TempDir>) -> std::io::Result<Folder> {
        // Held until the folder is noted: a signal does not come between.
        let mut living = living();
        if !living.watched {
            watch()?;
            living.watched = true;
        }
        let folder = make()?;
        living.folders.push(folder.path().to_path_buf());
        Ok(Folder(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let mut living = living();
        let _ = std::fs::remove_dir_all(self.path());
        living.folders.retain(|folder| folder != self.0.path());
    }
}

/// What went wrong, without the name of the temporary file, which `tempfile` adds.
pub fn plain(error: std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_string()
}

/// Runs a program in a process of its own, and gives its status. If a signal ends it, the same signal then ends this
/// process, once `folder` is gone.
pub fn run_program(mut command: Command, folder: Folder) -> std::io::Result<i32> {
    let mut child = {
        let mut living = living();
        let child = command.spawn()?;
        living.program = Pid::from_raw(child.id() as i32);
        child
    };
    let status = child.wait()?;
    living().program = None;
    drop(folder);
    if let Some(signal) = status.signal() {
        let _ = emulate_default_handler(signal);
        return Ok(128 + signal);
    }
    Ok(status.code().unwrap_or(0))
}

/// Waits for signals in a thread, but not for those that whoever started this process wants to be ignored.
fn watch() -> std::io::Result<()> {
    let ignored = ignored_signals();
    let asking = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(asking)?;
    let wait = move || {
        for number in signals.forever() {
            let living = living();
            if let Some(program) = living.program {
                let signal = match number {
                    SIGHUP => Signal::HUP,
                    SIGINT => Signal::INT,
                    _ => Signal::TERM,
                };
                let _ = kill_process(program, signal);
                continue;
            }
            for folder in &living.folders {
                let _ = std::fs::remove_dir_all(folder);
            }
            let _ = emulate_default_handler(number);
        }
    };
    std::thread::Builder::new().spawn(wait)?;
    Ok(())
}

/// A bit for each signal that this process ignores, the lowest for signal 1.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
