//! The LLVM backend's worker process: a request on standard input, the artifact or the text of an error on standard
//! output. See `lang_backends::llvm_worker`.

use lang_backend::Error;
use lang_backends::llvm_worker::{Request, status};
use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = serve();
    let status = status(&result);
    let output = result.unwrap_or_else(|error| match error {
        // `lang` says which kind of error it is.
        Error::Missing(missing) => missing.to_string().into_bytes(),
        Error::Unsupported(text) | Error::Environment(text) | Error::Internal(text) => text.into_bytes(),
    });
    let mut stdout = std::io::stdout();
    match stdout.write_all(&output).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::from(status),
        // Nobody listens any more.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> Result<Vec<u8>, Error> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Error::Environment(format!("lang-llvm cannot read its input: {error}")))?;
    let request = Request::parse(&text).ok_or_else(|| {
        Error::Unsupported("lang-llvm is part of lang: it reads requests of `lang`, nothing else".to_string())
    })?;
    let module = lang_ir::parse::module(&request.module)
        .map_err(|error| Error::Internal(format!("lang-llvm cannot read the module: {error}")))?;
    lang_llvm::compile(&module, &request.options)
}
