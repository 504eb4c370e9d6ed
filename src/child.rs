//! A program in a process of its own, with a time limit and its output captured.

use rustix::process::{Signal, set_parent_process_death_signal};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wait_timeout::ChildExt;

/// What is kept of each stream at most: its end.
const MOST_OUTPUT: usize = 1 << 16;

/// How long output is waited for when the process has ended, but another one still has the stream open.
const GRACE: Duration = Duration::from_secs(1);

/// What a process did.
pub struct Outcome {
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub time: Duration,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Exited(i32),
    Signal(i32),
    TimedOut,
}

/// Runs a command without standard input. It does not outlive this process.
pub fn run(mut command: Command, limit: Duration) -> io::Result<Outcome> {
    let start = Instant::now();
    // Only a system call is made between fork and exec. The thread that starts the child waits for it, so it is the
    // end of the process that the child is killed at.
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (done, is_done) = channel();
    let stdout = Stream::read(child.stdout.take(), done.clone());
    let stderr = Stream::read(child.stderr.take(), done);
    let end = match child.wait_timeout(limit)? {
        Some(status) => status.code().map_or_else(|| End::Signal(status.signal().unwrap_or_default()), End::Exited),
        None => {
            child.kill()?;
            child.wait()?;
            End::TimedOut
        }
    };
    let time = start.elapsed();
    // Both streams end with the process, unless it has started others that go on.
    for _ in 0..2 {
        if is_done.recv_timeout(GRACE).is_err() {
            break;
        }
    }
    Ok(Outcome { end, stdout: stdout.text(), stderr: stderr.text(), time })
}

/// What came through a pipe so far.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    dropped: usize,
}

struct Stream {
    kept: Arc<Mutex<Kept>>,
}

impl Stream {
    /// Reads in a thread, which tells when it has come to the end.
    fn read(pipe: Option<impl Read + Send + 'static>, done: Sender<()>) -> Stream {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let into = kept.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 14];
            if let Some(mut pipe) = pipe {
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    into.lock().unwrap_or_else(PoisonError::into_inner).add(&buffer[..count]);
                }
            }
            // Nobody may be waiting any more.
            let _ = done.send(());
        });
        Stream { kept }
    }

    fn text(self) -> Vec<u8> {
        let mut kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.cut(MOST_OUTPUT);
        if kept.dropped > 0 {
            let note = format!("({} bytes before this are left out)\n", kept.dropped);
            kept.bytes.splice(0..0, note.into_bytes());
        }
        kept.bytes
    }
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Not at every turn, so that each byte is moved once.
        if self.bytes.len() > 2 * MOST_OUTPUT {
            self.cut(MOST_OUTPUT);
        }
    }

    /// Keeps the last bytes.
    fn cut(&mut self, most: usize) {
        let excess = self.bytes.len().saturating_sub(most);
        self.bytes.drain(..excess);
        self.dropped += excess;
    }
}
