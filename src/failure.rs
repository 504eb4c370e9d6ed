//! Why a command failed, and the exit status that says so.

use crate::output::complain;
use lang_backend::library::Missing;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::Mutex;

/// The program has errors.
pub const ERRORS: u8 = 1;
/// A Bril program has errors, as `brili` has it.
pub const BRIL_ERRORS: u8 = 2;
/// Wrong usage of the command.
pub const USAGE: u8 = 2;
/// A program trapped.
pub const TRAPPED: i32 = 101;
/// A fault of the compiler.
pub const INTERNAL: u8 = 70;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The program has errors, and they have been shown.
    Shown,
    /// The same of a Bril program: the tools of Bril end with another status.
    ShownBril,
    /// Something about the program or the surroundings, in a sentence.
    Error(String),
    /// The command line asks for what makes no sense.
    Usage(String),
    /// Libraries or functions of libraries that are not there.
    Missing(Vec<Missing>),
    /// A fault of the compiler.
    Internal(String),
}

impl Failure {
    pub fn environment(text: impl Into<String>) -> Failure {
        Failure::Error(text.into())
    }

    pub fn status(&self) -> u8 {
        match self {
            Failure::Shown | Failure::Error(_) | Failure::Missing(_) => ERRORS,
            Failure::ShownBril => BRIL_ERRORS,
            Failure::Usage(_) => USAGE,
            Failure::Internal(_) => INTERNAL,
        }
    }

    pub fn report(&self) {
        match self {
            Failure::Shown | Failure::ShownBril => {}
            Failure::Error(text) => complain(&format!("error: {text}")),
            Failure::Usage(text) => complain(&format!("error: {text}\n\nFor more information, try 'lang --help'.")),
            Failure::Missing(missing) => crate::render::missing(missing),
            Failure::Internal(text) => report_internal(text),
        }
    }
}

impl From<lang_backend::Error> for Failure {
    fn from(error: lang_backend::Error) -> Failure {
        match error {
            lang_backend::Error::Internal(text) => Failure::Internal(text),
            lang_backend::Error::Missing(missing) => Failure::Missing(vec![*missing]),
            other => Failure::Error(other.to_string()),
        }
    }
}

/// The file that is being compiled: what reproduces a fault of the compiler.
static INPUT: Mutex<Option<String>> = Mutex::new(None);

/// Remembers which file to name if the compiler fails.
pub fn compiling(path: &Path) {
    if let Ok(mut input) = INPUT.lock() {
        *input = Some(path.display().to_string());
    }
}

fn report_internal(text: &str) {
    let input = INPUT.lock().ok().and_then(|input| input.clone());
    let reproduce =
        input.map_or(String::new(), |file| format!("\nIt happened with the file {file}, which reproduces it."));
    complain(&format!(
        "internal error: {text}\nThis is a fault of the compiler, not of your program: please report it.{reproduce}"
    ));
}

/// A panic is a fault of the compiler, and is reported as one.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo| {
        let payload = info.payload();
        let message = payload
            .downcast_ref::<&str>()
            .map(|s| s.to_string())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_string());
        let place = info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        report_internal(&format!("{message}{place}"));
    }));
}
