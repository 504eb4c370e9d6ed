//! Foreign functions, called through libffi: they run in this process, unchecked, on the memory of the program, which is then
//! at real addresses ([`crate::space`]). Functions of the program that foreign code may call are closures of libffi, which
//! run them in the machine that called the foreign code.

use crate::c_heap::Effect;
use crate::code::words;
use crate::machine::{Frame, Machine};
use crate::memory::{Access, BadFree, Kind};
use crate::runtime::Import;
use crate::stop::{At, Stop};
use lang_backend::Error;
use lang_backend::library::{Loaded, missing_function};
use lang_ir::graph::reachable;
use lang_ir::{ByVal, FuncId, Linkage, Module, RelocTarget, Signature, Type};
use libffi::low::ffi_cif;
use libffi::middle::{Arg, Cif, Closure, CodePtr, Ret, Type as CType};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::io::Write;
use std::rc::Rc;
use std::thread::ThreadId;

/// Registers that C passes arguments in.
const INTEGERS: usize = 6;
const FLOATS: usize = 8;

/// The foreign functions of a module, and the addresses of its own.
pub struct Foreign {
    libraries: Loaded,
    /// Code of functions, and which function the code is of.
    code: RefCell<FxHashMap<FuncId, Option<u64>>>,
    functions: RefCell<FxHashMap<u64, FuncId>>,
    conventions: FxHashMap<Signature, Option<Rc<Cif>>>,
    /// What functions do to C's heap, by their addresses.
    effects: FxHashMap<u64, Effect>,
    home: &'static Home,
}

/// Where callbacks find the machine; stays when that is gone, as foreign code may keep a callback.
struct Home {
    /// Null while no foreign function runs. A `Machine`.
    machine: Cell<*mut c_void>,
    thread: ThreadId,
}

/// What a closure knows.
struct Callback {
    func: FuncId,
    name: String,
    sig: Signature,
    home: &'static Home,
}

// SAFETY: nothing but the id of the thread is read by another thread than that of the machine.
unsafe impl Sync for Home {}

impl Foreign {
    /// `None` if the program calls no foreign functions.
    pub fn open(module: &Module) -> Result<Option<Foreign>, Error> {
        let is_foreign = |func: FuncId| {
            let function = &module.functions[func];
            function.linkage == Linkage::Import && Import::find(&function.name).is_none()
        };
        let Some(entry) = module.entry() else { return Ok(None) };
        let mut foreign = reachable(module, entry).into_iter().filter(|&func| is_foreign(func)).peekable();
        if foreign.peek().is_none() {
            return Ok(None);
        }
        let libraries = Loaded::open(module)?;
        for func in foreign {
            let function = &module.functions[func];
            if libraries.address(&function.name).is_none() {
                return Err(Error::Missing(Box::new(missing_function(module, function))));
            }
        }
        let home = Home { machine: Cell::new(std::ptr::null_mut()), thread: std::thread::current().id() };
        Ok(Some(Foreign {
            libraries,
            code: RefCell::default(),
            functions: RefCell::default(),
            conventions: FxHashMap::default(),
            effects: FxHashMap::default(),
            home: Box::leak(Box::new(home)),
        }))
    }

    /// The address of a function, if foreign code could call it.
    pub fn address_of(&self, module: &Module, func: FuncId) -> Option<u64> {
        if let Some(&known) = self.code.borrow().get(&func) {
            return known;
        }
        let function = &module.functions[func];
        let address = match function.is_definition() {
            true => self.closure(module, func),
            false => self.libraries.address(&function.name).map(|address| address.expose_provenance() as u64),
        };
        self.code.borrow_mut().insert(func, address);
        self.functions.borrow_mut().extend(address.map(|address| (address, func)));
        address
    }

    /// The function whose code is at an address.
    pub fn function_at(&self, address: u64) -> Option<FuncId> {
        self.functions.borrow().get(&address).copied()
    }

    fn closure(&self, module: &Module, func: FuncId) -> Option<u64> {
        let function = &module.functions[func];
        let convention = convention(&function.sig)?;
        let (name, sig) = (function.name.to_string(), function.sig.clone());
        // Foreign code may keep it, so it stays.
        let callback: &'static Callback = Box::leak(Box::new(Callback { func, name, sig, home: self.home }));
        let closure: &'static Closure<'static> = Box::leak(Box::new(Closure::new(convention, called_back, callback)));
        Some(*closure.code_ptr() as usize as u64)
    }
}

/// How libffi passes what a signature says; `None` if it cannot.
fn convention(sig: &Signature) -> Option<Cif> {
    let (mut integers, mut floats) = (INTEGERS, FLOATS);
    let mut params = Vec::new();
    for param in &sig.params {
        params.push(match param.byval {
            Some(memory) => on_stack(memory, integers, floats),
            None => {
                let left = if param.ty.is_float() { &mut floats } else { &mut integers };
                *left = left.saturating_sub(1);
                scalar(param.ty)?
            }
        });
    }
    let result = match sig.results[..] {
        [] => CType::void(),
        [one] => scalar(one)?,
        // Two words are returned as a struct of them is.
        [Type::I64 | Type::F64, Type::I64 | Type::F64] => {
            CType::structure(sig.results.iter().map(|&ty| scalar(ty)).collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    };
    Some(match sig.variadic {
        Some(fixed) => Cif::try_new_variadic(params, fixed as usize, result).ok()?,
        None => Cif::try_new(params, result).ok()?,
    })
}

/// A struct of this size that libffi does not pass in registers: because it is too large, because of what is in it, or because
/// it needs more registers of one kind than are left. (That they are not enough is why it is passed by value.)
fn on_stack(memory: ByVal, integers: usize, floats: usize) -> CType {
    let words = (memory.size / 8) as usize;
    if memory.align > 8 {
        return CType::structure(vec![CType::longdouble(); words / 2]);
    }
    let element = if integers < words || floats >= words { CType::u64() } else { CType::f64() };
    CType::structure(vec![element; words])
}

fn scalar(ty: Type) -> Option<CType> {
    Some(match ty {
        Type::I1 | Type::I8 => CType::u8(),
        Type::I16 => CType::u16(),
        Type::I32 => CType::u32(),
        Type::I64 => CType::u64(),
        Type::Ptr => CType::pointer(),
        Type::F32 => CType::f32(),
        Type::F64 => CType::f64(),
        Type::I128 | Type::F16 => return None,
    })
}

impl Machine<'_> {
    /// The address of a function, as the program sees it.
    pub(crate) fn function_address(&self, func: FuncId) -> u64 {
        let real = self.foreign.as_ref().and_then(|foreign| foreign.address_of(self.module, func));
        real.unwrap_or_else(|| self.memory.function_address(func))
    }

    /// The function of the module at an address.
    pub(crate) fn function_at(&self, address: u64) -> Option<FuncId> {
        let real = self.foreign.as_ref().and_then(|foreign| foreign.function_at(address));
        let func = real.or_else(|| self.memory.function_at(address))?;
        (func.as_u32() < self.module.functions.len() as u32).then_some(func)
    }

    /// Calls foreign code. The registers of the arguments are listed; the results go to those from `to` on.
    ///
    /// # Safety
    /// The registers have to be in the frame at `regs`, which is that of `at`. What the code does is up to it.
    pub(crate) unsafe fn call_foreign(
        &mut self,
        address: u64,
        sig: &Signature,
        list: &[u32],
        regs: *mut u64,
        to: u32,
        at: At,
    ) -> Result<(), Stop> {
        let Some(foreign) = &mut self.foreign else {
            return Err(Stop::Unsupported("the interpreter cannot call foreign functions here".to_string()));
        };
        let known = foreign.conventions.entry(sig.clone());
        let Some(convention) = known.or_insert_with(|| convention(sig).map(Rc::new)).clone() else {
            let what = "the interpreter cannot call a foreign function with parameters or results of 128 or 16 bits";
            return Err(Stop::Unsupported(what.to_string()));
        };
        let home = foreign.home;
        let effect = *foreign.effects.entry(address).or_insert_with(|| Effect::of(address));
        // SAFETY: as the caller promises.
        let values: Vec<u64> = list.iter().map(|&word| unsafe { *regs.add(word as usize) }).collect();
        let mut args = Vec::with_capacity(values.len());
        for (value, param) in values.iter().zip(&sig.params) {
            match param.byval {
                Some(ByVal { size, .. }) => {
                    let bytes = self.memory.bytes(*value, size.into());
                    let bytes = bytes.map_err(|w| self.wrong_access(at, Access::Read, *value, size.into(), w))?;
                    // SAFETY: the memory stays as it is until the call has begun.
                    args.push(Arg::new(unsafe { &*bytes.as_ptr() }));
                }
                None => {
                    if param.ty == Type::Ptr && self.memory.is_gone(*value) {
                        return Err(match effect {
                            Effect::Frees | Effect::Reallocates => self.bad_free(at, *value, BadFree::Twice),
                            _ => self.gone_argument(at, *value),
                        });
                    }
                    args.push(Arg::new(value));
                }
            }
        }
        // SAFETY: the results have registers in the frame.
        let give = |word: u64| {
            if !sig.results.is_empty() {
                unsafe { *regs.add(to as usize) = word };
            }
        };
        match (effect, &values[..]) {
            (Effect::Frees, &[start]) if self.free_of_c(start, at)? => return Ok(()),
            (Effect::Reallocates, &[start, size]) => {
                if let Some(moved) = self.realloc_of_c(start, size, at)? {
                    give(moved);
                    return Ok(());
                }
            }
            (Effect::Unknown, _) => self.memory.c_heap.forget_bounds(),
            _ => {}
        }
        self.output.hand_over();
        self.memory.forget_foreign();
        let frame_words = at.code.frame_words as usize;
        let (code, slots) = (at.code as *const _, self.memory.num_slots());
        // SAFETY: `index` is that of an instruction of the code.
        let ip = unsafe { at.code.code.as_ptr().add(at.index) };
        self.frames.push(Frame { code, ip, regs, slots });
        // SAFETY: both point into the stack.
        let top = unsafe { regs.add(frame_words).offset_from(self.stack.as_ptr()) } as usize;
        let top = std::mem::replace(&mut self.top, top);
        let machine = home.machine.replace((&raw mut *self).cast());
        let mut results = [0u64; 2];
        let function = CodePtr::from_ptr(std::ptr::with_exposed_provenance(address as usize));
        // SAFETY: the convention has as many arguments; that the code is what the declaration says is the user's promise.
        unsafe { convention.call_return_into(function, &args, Ret::new(&mut results)) };
        home.machine.set(machine);
        self.top = top;
        self.frames.pop();
        self.memory.forget_foreign();
        self.note_block(effect, &values, results[0], at);
        for (index, (&ty, &word)) in sig.results.iter().zip(&results).enumerate() {
            // SAFETY: the results have registers in the frame.
            unsafe { *regs.add(to as usize + index) = word & ty.mask() as u64 };
        }
        Ok(())
    }

    /// Does what C's `free` does to a block that the program asked for; false if C has to.
    fn free_of_c(&mut self, start: u64, at: At) -> Result<bool, Stop> {
        if start == 0 {
            return Ok(true);
        }
        if self.memory.c_heap.size(start).is_some() {
            self.memory.c_heap.freed(start, at.site());
            return Ok(true);
        }
        self.check_free_of_c(start, at).map(|()| false)
    }

    /// Does what C's `realloc` does to a block that the program asked for, and always moves it, so that pointers into the old
    /// one are found; `None` if C has to.
    fn realloc_of_c(&mut self, start: u64, size: u64, at: At) -> Result<Option<u64>, Stop> {
        let Some(before) = self.memory.c_heap.size(start) else {
            return if start == 0 { Ok(None) } else { self.check_free_of_c(start, at).map(|()| None) };
        };
        if size == 0 {
            self.memory.c_heap.freed(start, at.site());
            return Ok(Some(0));
        }
        // SAFETY: both blocks have as many bytes.
        let moved = unsafe {
            let moved = libc::malloc(size as usize);
            if moved.is_null() {
                return Ok(Some(0));
            }
            let from = std::ptr::with_exposed_provenance::<u8>(start as usize);
            from.copy_to_nonoverlapping(moved.cast(), before.min(size) as usize);
            moved.expose_provenance() as u64
        };
        self.memory.c_heap.freed(start, at.site());
        self.memory.c_heap.allocated(moved, size, at.site());
        Ok(Some(moved))
    }

    /// Reports an address that C's `free` cannot take.
    fn check_free_of_c(&self, start: u64, at: At) -> Result<(), Stop> {
        match self.memory.info(start) {
            Some(info) if info.gone.is_some() => Err(self.bad_free(at, start, BadFree::Twice)),
            Some(info) if info.kind != Kind::Foreign => Err(self.bad_free_of_c(at, start)),
            _ => Ok(()),
        }
    }

    /// Remembers a block that C allocated for the program.
    fn note_block(&mut self, effect: Effect, values: &[u64], start: u64, at: At) {
        let size = match (effect, values) {
            (Effect::Allocates, &[size]) | (Effect::AllocatesAligned, &[_, size]) => size,
            (Effect::Allocates, &[count, size]) => count.saturating_mul(size),
            (Effect::Reallocates, &[_, size]) => size,
            // SAFETY: C made a text.
            (Effect::Copies, _) if start != 0 => unsafe {
                libc::strlen(std::ptr::with_exposed_provenance(start as usize)) as u64 + 1
            },
            _ => return,
        };
        self.memory.c_heap.allocated(start, size, at.site());
    }

    /// The program ended while foreign code waits for a callback: there is no way back but out.
    fn end_in_callback(&mut self, stop: Stop) -> ! {
        let ended: Result<(), Stop> = Err(stop);
        let written = self.finish(&ended);
        let status = match ended {
            Err(Stop::Exit(status)) if written => status & 255,
            Err(Stop::Unsupported(text)) => {
                self.output.write_stderr(format!("error: {text}\n").as_bytes());
                1
            }
            _ => lang_rt::trap::STATUS,
        };
        // SAFETY: as the program asked for, or because it trapped.
        unsafe { libc::exit(status) }
    }
}

/// What foreign code calls: runs the function in the machine that called the foreign code.
unsafe extern "C" fn called_back(_: &ffi_cif, result: &mut u64, args: *const *const c_void, callback: &Callback) {
    let machine = callback.home.machine.get().cast::<Machine<'_>>();
    if machine.is_null() || std::thread::current().id() != callback.home.thread {
        let why =
            if machine.is_null() { "behind the end of the call that it was passed to" } else { "by another thread" };
        let name = lang_ir::source_name(&callback.name);
        let _ =
            writeln!(std::io::stderr(), "error: foreign code calls `{name}` {why}, which the interpreter cannot do");
        // SAFETY: nobody in this process can go on.
        unsafe { libc::exit(lang_rt::trap::STATUS) };
    }
    // SAFETY: the machine waits for the foreign function, and so for this.
    let machine = unsafe { &mut *machine };
    let mut values = Vec::with_capacity(callback.sig.params.len());
    for (index, param) in callback.sig.params.iter().enumerate() {
        // SAFETY: libffi gives a pointer to each argument.
        let arg = unsafe { *args.add(index) };
        debug_assert_eq!(words(param.ty), 1);
        values.push(match (param.byval, param.ty.bytes()) {
            (Some(_), _) => arg.expose_provenance() as u64,
            // SAFETY: the argument has the type that the convention says.
            (None, 1) => unsafe { arg.cast::<u8>().read() as u64 },
            (None, 2) => unsafe { arg.cast::<u16>().read() as u64 },
            (None, 4) => unsafe { arg.cast::<u32>().read() as u64 },
            (None, _) => unsafe { arg.cast::<u64>().read() },
        });
    }
    machine.memory.forget_foreign();
    let home = callback.home.machine.replace(std::ptr::null_mut());
    let slots = machine.memory.num_slots();
    match machine.run(callback.func, &values) {
        Ok(words) => {
            machine.memory.drop_slots(slots, None);
            for (index, word) in words.into_iter().enumerate() {
                // SAFETY: libffi has room for the result, which is at least a word.
                unsafe { (&raw mut *result).add(index).write(word) };
            }
        }
        Err(stop) => machine.end_in_callback(stop),
    }
    machine.output.hand_over();
    callback.home.machine.set(home);
}

/// C's standard output, which the program and foreign code share, so that what they write stays in order.
pub struct SharedStdout;

mod c {
    unsafe extern "C" {
        pub static stdout: *mut libc::FILE;
    }
}

impl Write for SharedStdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // SAFETY: `bytes` are there, and `stdout` is open for as long as the process runs.
        let written = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), c::stdout) };
        if written == 0 && !bytes.is_empty() { Err(std::io::Error::last_os_error()) } else { Ok(written) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        // SAFETY: as above.
        if unsafe { libc::fflush(c::stdout) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    }
}

/// What the addresses of a global lead to.
pub(crate) fn reloc_target(machine: &Machine<'_>, target: RelocTarget) -> u64 {
    match target {
        RelocTarget::Global(global) => machine.global_address(global),
        RelocTarget::Func(func) => machine.function_address(func),
    }
}
