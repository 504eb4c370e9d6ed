//! The LLVM backend, which lives in a process of its own: `lang` starts in a millisecond because it never loads LLVM.
//!
//! The worker `lang-llvm` reads a [`Request`] and writes the artifact, or the text of an error, to its standard output;
//! its exit status tells which. Both ends of the protocol are here.

use lang_backend::{Backend, CompileOptions, Emit, Error, OptLevel};
use lang_ir::Module;
use lang_ir::target::{GENERIC, Target};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// What the optimizer should know of LLVM.
pub static TARGET: Target = Target { name: "llvm", divides_by_constants: true, ..GENERIC };

/// Compiles through the worker.
pub struct LlvmWorker;

impl Backend for LlvmWorker {
    fn name(&self) -> &'static str {
        "llvm"
    }

    fn target(&self) -> &'static Target {
        &TARGET
    }

    fn emits(&self) -> &'static [Emit] {
        &[Emit::Object, Emit::Asm, Emit::LlvmIr]
    }

    fn compile(&self, module: &Module, options: &CompileOptions) -> Result<Vec<u8>, Error> {
        let Some(worker) = worker() else {
            return Err(Error::Unsupported(
                "this build of lang has no LLVM: the program lang-llvm is not beside lang (build lang with the cargo \
                 feature `llvm`, or name the program by the environment variable LANG_LLVM)"
                    .to_string(),
            ));
        };
        let name = worker.display().to_string();
        let failed = |error| Error::Environment(format!("cannot run {name}: {error}"));
        let mut child = Command::new(&worker)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            let text = Request { options: options.clone(), module: module.to_string() }.to_string();
            // The worker reads everything before it writes. If it ends early, its exit status says more than this error.
            let _ = input.write_all(text.as_bytes());
        }
        let output = child.wait_with_output().map_err(failed)?;
        outcome(output.status, output.stdout)
    }
}

/// Whether this installation has the worker.
pub fn available() -> bool {
    worker().is_some()
}

/// The worker: what `LANG_LLVM` names, or else the program beside this one.
fn worker() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LANG_LLVM") {
        return Some(path.into());
    }
    let path = std::env::current_exe().ok()?.parent()?.join("lang-llvm");
    path.is_file().then_some(path)
}

/// What the worker is asked: a line of options, then the module's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub options: CompileOptions,
    pub module: String,
}

const OPT_LEVELS: [(OptLevel, &str); 2] = [(OptLevel::None, "none"), (OptLevel::Speed, "speed")];

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options = &self.options;
        let emit = Emit::ALL.iter().find(|e| e.0 == options.emit).map_or("", |e| e.1);
        let level = OPT_LEVELS.iter().find(|l| l.0 == options.opt_level).map_or("", |l| l.1);
        let debug = if options.debug_info { "debug" } else { "nodebug" };
        // Last, as a name may hold anything but a line break.
        let cpu = options.cpu.as_ref().map(|name| format!(" cpu {}", name.replace('\n', " "))).unwrap_or_default();
        write!(f, "{emit} {level} {debug}{cpu}\n{}", self.module)
    }
}

impl Request {
    /// Reads what [`Request`]'s `Display` wrote; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Request> {
        let (header, module) = text.split_once('\n')?;
        let (fixed, cpu) = match header.split_once(" cpu ") {
            Some((fixed, cpu)) => (fixed, Some(cpu.to_string())),
            None => (header, None),
        };
        let [emit, level, debug] = fixed.split(' ').collect::<Vec<_>>().try_into().ok()?;
        let options = CompileOptions {
            emit: Emit::ALL.iter().find(|e| e.1 == emit)?.0,
            opt_level: OPT_LEVELS.iter().find(|l| l.1 == level)?.0,
            debug_info: match debug {
                "debug" => true,
                "nodebug" => false,
                _ => return None,
            },
            cpu,
        };
        Some(Request { options, module: module.to_string() })
    }
}

/// The exit status of the worker, which tells what its output is.
pub fn status(result: &Result<Vec<u8>, Error>) -> u8 {
    match result {
        Ok(_) => 0,
        Err(Error::Unsupported(_) | Error::Missing(_)) => UNSUPPORTED,
        Err(Error::Environment(_)) => ENVIRONMENT,
        Err(Error::Internal(_)) => INTERNAL,
    }
}

// None of them is what a panic gives.
const UNSUPPORTED: u8 = 10;
const ENVIRONMENT: u8 = 11;
const INTERNAL: u8 = 12;

fn outcome(status: ExitStatus, output: Vec<u8>) -> Result<Vec<u8>, Error> {
    let text = |output| String::from_utf8_lossy(output).into_owned();
    if status.success() {
        return Ok(output);
    }
    Err(match status.code() {
        Some(code) if code == UNSUPPORTED.into() => Error::Unsupported(text(&output)),
        Some(code) if code == ENVIRONMENT.into() => Error::Environment(text(&output)),
        Some(code) if code == INTERNAL.into() => Error::Internal(text(&output)),
        Some(127) => Error::Environment("lang-llvm does not start: is LLVM's library installed?".to_string()),
        Some(code) => Error::Internal(format!("lang-llvm ended with status {code}")),
        None => match status.signal() {
            Some(signal) => Error::Internal(format!("lang-llvm crashed with signal {signal}")),
            None => Error::Internal(format!("lang-llvm ended strangely ({status})")),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_back() {
        for (emit, _, _) in Emit::ALL {
            for (opt_level, _) in OPT_LEVELS {
                for (debug_info, cpu) in [(true, None), (false, Some("x86-64-v3".to_string()))] {
                    let options = CompileOptions { emit, opt_level, debug_info, cpu };
                    let request = Request { options, module: "fn @f() {\n}\n".to_string() };
                    assert_eq!(Request::parse(&request.to_string()), Some(request));
                }
            }
        }
        assert_eq!(Request::parse("object speed\n"), None);
        assert_eq!(Request::parse(""), None);
    }

    #[test]
    fn failures_of_the_worker_are_told_apart() {
        let run = |script: &str| {
            let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
            outcome(output.status, output.stdout)
        };
        assert_eq!(run("printf code"), Ok(b"code".to_vec()));
        assert_eq!(run("printf what; exit 10"), Err(Error::Unsupported("what".to_string())));
        assert_eq!(run("printf what; exit 12"), Err(Error::Internal("what".to_string())));
        assert_eq!(run("kill -9 $$"), Err(Error::Internal("lang-llvm crashed with signal 9".to_string())));
        assert!(matches!(run("exit 127"), Err(Error::Environment(_))));
        assert!(matches!(run("exit 101"), Err(Error::Internal(_))));
    }
}
