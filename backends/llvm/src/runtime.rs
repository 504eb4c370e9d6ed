//! What LLVM may know about the functions of the run-time support library.

use crate::{Outcome, internal};
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::values::FunctionValue;

/// Declarations in LLVM's own notation, from which attributes are copied: how LLVM encodes them differs from version to
/// version, how it writes them does not.
///
/// The library's state (the sinks, what was written) is memory that the program cannot reach, "inaccessible" to LLVM. So
/// a program's variables stay in registers across printing. Traps look at the stack's frame pointers, at descriptions
/// that are never written, and, for messages that hold a string, at any memory. They are not merged, so that each keeps
/// its place in the debug information.
const DECLARATIONS: &str = "
declare void @lang_rt_trap(ptr readonly captures(none), i64, i64, i64, i64) cold nomerge noreturn nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_trap.string(ptr, i64, i64, i64, i64) cold nomerge noreturn nounwind memory(read, inaccessiblemem: readwrite)
declare void @lang_rt_exit(i32) cold noreturn nounwind

declare noalias ptr @lang_rt_alloc(i64, i64, i8 zeroext) nounwind allocsize(0) memory(inaccessiblemem: readwrite)
declare void @lang_rt_free(ptr captures(none)) nounwind memory(argmem: readwrite, inaccessiblemem: readwrite)

declare void @lang_rt_sink_push(i32) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_sink_pop(ptr captures(none)) nounwind
declare void @lang_rt_flush() nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_str(ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_write_i64(i64) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_u64(i64) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_i128(i64, i64) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_u128(i64, i64) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_f16(i16 zeroext) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_f32(float) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_f64(double) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_char(i32) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_bool(i8 zeroext) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_ptr(ptr) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_write_quoted_str(ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_write_quoted_char(i32) nounwind memory(inaccessiblemem: readwrite)
declare void @lang_rt_fmt_int(i64, i64, i32, i32, ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_fmt_float(double, i32, ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_fmt_str(ptr readonly captures(none), i64, ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_fmt_char(i32, ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare void @lang_rt_fmt_bool(i8 zeroext, ptr readonly captures(none), i64) nounwind memory(argmem: read, inaccessiblemem: readwrite)
declare zeroext i8 @lang_rt_parse_i64(ptr readonly captures(none), i64, ptr captures(none)) nounwind memory(argmem: readwrite)
declare zeroext i8 @lang_rt_parse_f64(ptr readonly captures(none), i64, ptr captures(none)) nounwind memory(argmem: readwrite)
declare i32 @lang_rt_read_file(ptr readonly captures(none), i64, ptr captures(none)) nounwind memory(argmem: readwrite, inaccessiblemem: readwrite)
declare double @lang_rt_clock() nounwind memory(inaccessiblemem: readwrite)

; Attributes that functions of programs get.
declare void @promise.nounwind() nounwind
declare void @promise.pure() memory(none) nosync willreturn
declare void @promise.readonly(ptr readonly captures(address)) memory(read) nosync
";

/// The attributes of [`DECLARATIONS`].
pub struct Attributes<'ctx> {
    // Holds the functions; nothing of it reaches the program.
    module: inkwell::module::Module<'ctx>,
}

impl<'ctx> Attributes<'ctx> {
    pub fn new(context: &'ctx Context) -> Outcome<Attributes<'ctx>> {
        let mut text = DECLARATIONS.to_string();
        if cfg!(feature = "llvm19") {
            text = text.replace("captures(none)", "nocapture").replace("captures(address)", "");
        }
        let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "attributes");
        match context.create_module_from_ir(buffer) {
            Ok(module) => Ok(Attributes { module }),
            Err(error) => Err(internal(format!("attributes: {error}"))),
        }
    }

    /// Gives `function` the attributes of the declaration of this name, if there is one with the same parameters.
    pub fn copy(&self, name: &str, function: FunctionValue<'ctx>) {
        if let Some(model) = self.module.get_function(name)
            && model.get_type() == function.get_type()
        {
            for (place, attribute) in places(model) {
                function.add_attribute(place, attribute);
            }
        }
    }

    /// The attributes that stand behind the parameters of the declaration of this name.
    pub fn of_function(&self, name: &str) -> Vec<Attribute> {
        self.at(name, AttributeLoc::Function)
    }

    /// The attributes of the parameter at this index of the declaration of this name.
    pub fn of_param(&self, name: &str, index: u32) -> Vec<Attribute> {
        self.at(name, AttributeLoc::Param(index))
    }

    fn at(&self, name: &str, place: AttributeLoc) -> Vec<Attribute> {
        self.module.get_function(name).map(|f| f.attributes(place)).unwrap_or_default()
    }
}

fn places(function: FunctionValue<'_>) -> impl Iterator<Item = (AttributeLoc, Attribute)> {
    let params = (0..function.count_params()).map(AttributeLoc::Param);
    [AttributeLoc::Function, AttributeLoc::Return]
        .into_iter()
        .chain(params)
        .flat_map(move |place| function.attributes(place).into_iter().map(move |attribute| (place, attribute)))
}
