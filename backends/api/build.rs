//! Compiles the run-time support library for programs of their own: one object, in which the whole of it and what it
//! uses of `core` are optimized together.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let source = Path::new("../rt/src");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", source.display());
    println!("cargo:rerun-if-env-changed=CC");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let archive = out.join("liblang_rt.a");
    let bare = out.join("with-debug.o");

    run(Command::new(env::var_os("RUSTC").expect("cargo sets RUSTC"))
        .args(["--crate-name", "lang_rt", "--crate-type", "staticlib", "--edition", "2024", "--cfg", "standalone"])
        .args(["-C", "opt-level=2", "-C", "panic=abort", "-C", "force-frame-pointers=yes", "-C", "lto=fat"])
        .args(["-C", "codegen-units=1", "-C", "debuginfo=0", "-C", "relocation-model=pic"])
        .args(["--target", &env::var("TARGET").expect("cargo sets TARGET")])
        .arg("--remap-path-prefix")
        .arg(format!("{}=rt", source.display()))
        .arg("-o")
        .arg(&archive)
        .arg(source.join("lib.rs")));

    // The rest of the archive is what compilers need of their own libraries, which `cc` brings along.
    let members = fs::read(&archive).expect("rustc wrote the archive");
    fs::write(&bare, member(&members, ".lang_rt.")).expect("OUT_DIR is writable");
    // Cut the debug information that `core` was compiled with.
    let cc = env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut words = cc.split_whitespace();
    run(Command::new(words.next().unwrap_or("cc"))
        .args(words)
        .args(["-r", "-nostdlib", "-Wl,--strip-debug", "-o"])
        .arg(out.join("lang_rt.o"))
        .arg(&bare));
    for temporary in [archive, bare] {
        fs::remove_file(temporary).expect("OUT_DIR is writable");
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    assert!(status.success(), "{command:?} failed");
}

/// The member of a System V archive whose name contains `part`.
fn member<'a>(archive: &'a [u8], part: &str) -> &'a [u8] {
    const HEADER: usize = 60;
    let mut names: &[u8] = &[];
    let mut rest = archive.strip_prefix(b"!<arch>\n").expect("an archive");
    while rest.len() >= HEADER {
        let (header, contents) = rest.split_at(HEADER);
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.trim().parse::<usize>().ok();
        let size = number(&header[48..58]).expect("the size of a member");
        let name = &header[..16];
        let name = match name {
            [b'/', b'/', ..] => {
                names = &contents[..size];
                name
            }
            [b'/', b'0'..=b'9', ..] => &names[number(&name[1..]).expect("an offset into the names")..],
            _ => name,
        };
        let end = name.iter().position(|&b| b == b'/' || b == b'\n').unwrap_or(name.len());
        if String::from_utf8_lossy(&name[..end]).contains(part) {
            return &contents[..size];
        }
        rest = contents.get(size.next_multiple_of(2)..).unwrap_or(&[]);
    }
    panic!("no member of the archive is called {part}");
}
