//! Compiling and loading what a test builds.

use lang_backend::{CompileOptions, Emit, OptLevel};
use lang_ir::Module;
use std::ffi::{CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Speed];

pub fn options(emit: Emit, opt_level: OptLevel) -> CompileOptions {
    CompileOptions { emit, opt_level, debug_info: false, cpu: None }
}

pub fn text(module: &Module, options: &CompileOptions) -> String {
    String::from_utf8(lang_llvm::compile(module, options).unwrap()).unwrap()
}

/// A shared library made of a module.
pub struct File {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl File {
    pub fn new(module: &Module, opt_level: OptLevel) -> File {
        let object = lang_llvm::compile(module, &options(Emit::Object, opt_level)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (input, path) = (folder.path().join("test.o"), folder.path().join("test.so"));
        std::fs::write(&input, object).unwrap();
        let status = Command::new("cc").arg("-shared").arg("-o").args([&path, &input]).arg("-lm").status().unwrap();
        assert!(status.success());
        File { path, _folder: folder }
    }

    /// Loads it into the process, with globals as they are at the start.
    pub fn load(&self) -> Library<'_> {
        let path = CString::new(self.path.to_str().unwrap()).unwrap();
        const LAZY: c_int = 1;
        // SAFETY: the library runs no code when it is loaded.
        let handle = unsafe { dlopen(path.as_ptr(), LAZY) };
        assert!(!handle.is_null());
        Library { handle, _file: PhantomData }
    }
}

/// A library in the process.
pub struct Library<'a> {
    handle: *mut c_void,
    _file: PhantomData<&'a File>,
}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlclose(handle: *mut c_void) -> c_int;
}

impl Library<'_> {
    /// The function of this name.
    ///
    /// # Safety
    /// `F` has to be its type.
    pub unsafe fn get<F: Copy>(&self, name: &str) -> F {
        let name = CString::new(name).unwrap();
        unsafe {
            let address = dlsym(self.handle, name.as_ptr());
            assert!(!address.is_null(), "{name:?}");
            assert_eq!(size_of::<F>(), size_of::<*mut c_void>());
            std::mem::transmute_copy(&address)
        }
    }
}

impl Drop for Library<'_> {
    fn drop(&mut self) {
        unsafe { dlclose(self.handle) };
    }
}

/// An executable made of a module, with the run-time support library.
pub fn executable(module: &Module, options: &CompileOptions, folder: &Path) -> PathBuf {
    let object = lang_llvm::compile(module, options).unwrap();
    let (input, output) = (folder.join("test.o"), folder.join("test"));
    std::fs::write(&input, object).unwrap();
    let scratch = tempfile::tempdir_in(folder).unwrap();
    lang_backend::link::link(module, &[&input], &output, scratch.path(), options.debug_info).unwrap();
    output
}
