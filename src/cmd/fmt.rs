//! `lang fmt`: formats programs.

use crate::cli::Fmt;
use crate::failure::{self, ERRORS, Failure};
use crate::output::{complain, say, write_file};
use crate::{render, sources};
use lang_frontend::format::{Refused, format};
use lang_frontend::source::SourceMap;
use std::io::Read;
use std::path::{Path, PathBuf};

pub fn fmt(args: &Fmt) -> Result<i32, Failure> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return standard_input(args);
    }
    let mut files = Vec::new();
    let here = [PathBuf::from(".")];
    for path in if args.paths.is_empty() { &here[..] } else { &args.paths } {
        if path.is_dir() {
            files.extend(sources::below(path)?);
        } else {
            files.push(path.clone());
        }
    }
    let mut status = 0;
    for file in files {
        let done = one(&file, args.check);
        match done {
            Ok(true) if args.check => {
                say(&format!("{} is not formatted\n", file.display()))?;
                status = status.max(ERRORS);
            }
            Ok(true) => say(&format!("formatted {}\n", file.display()))?,
            Ok(false) => {}
            // The others are formatted all the same.
            Err(failure) => {
                failure.report();
                status = status.max(failure.status());
            }
        }
    }
    Ok(status.into())
}

/// Formats a file, if it is not to be checked only; says whether there was anything to do.
fn one(path: &Path, check: bool) -> Result<bool, Failure> {
    let cannot = |what: &str, error| Failure::environment(format!("cannot {what} {}: {error}", path.display()));
    if path.extension().is_none_or(|e| e != "lang") {
        return Err(Failure::Usage(format!("{} is not a program (.lang)", path.display())));
    }
    let bytes = std::fs::read(path).map_err(|error| cannot("read", error))?;
    let formatted = text(path, bytes.clone())?;
    if formatted.as_bytes() == bytes {
        return Ok(false);
    }
    if !check {
        let permissions = std::fs::metadata(path).map_err(|error| cannot("read", error))?.permissions();
        write_file(path, formatted.as_bytes())?;
        std::fs::set_permissions(path, permissions).map_err(|error| cannot("write", error))?;
    }
    Ok(true)
}

fn standard_input(args: &Fmt) -> Result<i32, Failure> {
    if args.paths.len() > 1 {
        return Err(Failure::Usage("`-` is standard input, and stands alone".into()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::environment(format!("cannot read standard input: {error}")))?;
    let formatted = text(Path::new("<stdin>"), bytes.clone())?;
    if args.check {
        let is_formatted = formatted.as_bytes() == bytes;
        if !is_formatted {
            complain("note: standard input is not formatted");
        }
        return Ok(i32::from(!is_formatted));
    }
    say(&formatted)?;
    Ok(0)
}

/// The formatted text of a program; what is wrong with it has been shown.
fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    failure::compiling(path);
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), bytes);
    format(&sources, file).map_err(|refused| match refused {
        Refused::Errors(diagnostics) => {
            render::show(&sources, &diagnostics);
            Failure::Shown
        }
        Refused::Changed(how) => {
            Failure::Internal(format!("formatting {} would change it: {how}; it is left alone", path.display()))
        }
    })
}
