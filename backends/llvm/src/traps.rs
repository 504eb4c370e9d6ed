//! The static descriptions of traps: `lang_rt`'s `TrapDesc`.

use crate::debug::Subprograms;
use crate::module::{Strings, Unit, constant, file_name};
use crate::{Outcome, internal};
use inkwell::context::Context;
use inkwell::llvm_sys::core::LLVMGetAggregateElement;
use inkwell::llvm_sys::debuginfo::{LLVMDILocationGetInlinedAt, LLVMDILocationGetScope};
use inkwell::module::Module as LlvmModule;
use inkwell::values::{
    AsValueRef, BasicValueEnum, CallSiteValue, InstructionOpcode, InstructionValue, Operand, PointerValue,
};
use inkwell::{AddressSpace, values::GlobalValue};
use lang_ir::{Function, Loc, SourcePos, TrapCode, shown_frames};
use rustc_hash::FxHashMap;

/// The descriptions that a module has.
#[derive(Default)]
pub struct Traps<'ctx> {
    strings: Strings<'ctx>,
    known: FxHashMap<(TrapCode, SourcePos, Vec<String>), PointerValue<'ctx>>,
}

/// The fields of a description that stay when its frames change.
const FIELDS_BEFORE_FRAMES: u32 = 6;

impl<'ctx> Traps<'ctx> {
    /// The description of a trap at a location.
    pub fn description(
        &mut self,
        unit: &Unit<'_, 'ctx>,
        code: TrapCode,
        function: &Function,
        loc: Loc,
    ) -> PointerValue<'ctx> {
        let frames = function.frames(loc);
        let pos = frames[0].1;
        let names: Vec<String> =
            shown_frames(frames.iter().map(|(name, _)| &**name)).into_iter().map(str::to_string).collect();
        if let Some(&known) = self.known.get(&(code, pos, names.clone())) {
            return known;
        }
        let c = unit.context;
        let [template, template_len] = self.strings.get(c, &unit.llvm, code.template());
        let [file, file_len] = self.strings.get(c, &unit.llvm, file_name(unit.ir, pos));
        let [line, col] = [pos.line, pos.col].map(|n| c.i32_type().const_int(n.into(), false).into());
        let [list, list_len] = name_list(c, &unit.llvm, &mut self.strings, names.iter().map(|name| &**name));
        let fields = [template, template_len, file, file_len, line, col, list, list_len];
        let description = constant(&unit.llvm, c.const_struct(&fields, false).into(), 8, "lang.trap");
        self.known.insert((code, pos, names), description);
        description
    }
}

/// The names of frames, innermost first: address and length of an array of strings.
fn name_list<'ctx, 'a>(
    c: &'ctx Context,
    llvm: &LlvmModule<'ctx>,
    strings: &mut Strings<'ctx>,
    names: impl Iterator<Item = &'a str>,
) -> [BasicValueEnum<'ctx>; 2] {
    let names: Vec<_> = names.map(|name| c.const_struct(&strings.get(c, llvm, name), false)).collect();
    let string = c.struct_type(&[c.ptr_type(AddressSpace::default()).into(), c.i64_type().into()], false);
    let list = constant(llvm, string.const_array(&names).into(), 8, "lang.frames");
    [list.into(), c.i64_type().const_int(names.len() as u64, false).into()]
}

/// Adds the frames that LLVM's own inlining made: after it, a trap lies in functions that its description does not name.
/// Debug information knows them.
pub fn complete_frames<'ctx>(
    context: &'ctx Context,
    llvm: &LlvmModule<'ctx>,
    subprograms: &Subprograms,
) -> Outcome<()> {
    let Some(trap) = llvm.get_function("lang_rt_trap") else { return Ok(()) };
    let mut strings = Strings::default();
    let mut lists: FxHashMap<Vec<&str>, [BasicValueEnum<'ctx>; 2]> = FxHashMap::default();
    let blocks = llvm.get_functions().flat_map(|function| function.get_basic_blocks());
    for inst in blocks.flat_map(|block| block.get_instructions()) {
        if inst.get_opcode() != InstructionOpcode::Call {
            continue;
        }
        let call = CallSiteValue::try_from(inst).map_err(|()| internal("a call is no call"))?;
        if call.get_called_fn_value() != Some(trap) {
            continue;
        }
        let (Some(names), Some(fields)) = (frames(inst, subprograms), fields(inst)) else { continue };
        let list = *lists
            .entry(names)
            .or_insert_with_key(|names| name_list(context, llvm, &mut strings, names.iter().copied()));
        let all: Vec<_> = fields.into_iter().chain(list).collect();
        let description = constant(llvm, context.const_struct(&all, false).into(), 8, "lang.trap");
        inst.set_operand(0, description);
    }
    Ok(())
}

/// The names of the functions that an instruction came from, innermost first.
fn frames<'a>(inst: InstructionValue<'_>, subprograms: &'a Subprograms) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut at = inst.get_debug_location()?.as_mut_ptr();
    while !at.is_null() {
        // SAFETY: `at` is a location, and so is the call that it was inlined by.
        let (scope, caller) = unsafe { (LLVMDILocationGetScope(at), LLVMDILocationGetInlinedAt(at)) };
        names.push(&**subprograms.get(&scope)?);
        at = caller;
    }
    Some(shown_frames(names.into_iter()))
}

/// The fields of a trap's description before the frames, if it is a constant.
fn fields<'ctx>(call: InstructionValue<'ctx>) -> Option<Vec<BasicValueEnum<'ctx>>> {
    let Some(Operand::Value(BasicValueEnum::PointerValue(description))) = call.get_operand(0) else { return None };
    // SAFETY: a null result is not made a value.
    let global = unsafe { inkwell::llvm_sys::core::LLVMIsAGlobalVariable(description.as_value_ref()) };
    if global.is_null() {
        return None;
    }
    // SAFETY: it is a global variable.
    let value = unsafe { GlobalValue::new(global) }.get_initializer()?;
    let field = |index| {
        // SAFETY: a constant gives a constant or null.
        let field = unsafe { LLVMGetAggregateElement(value.as_value_ref(), index) };
        (!field.is_null()).then(|| unsafe { BasicValueEnum::new(field) })
    };
    (0..FIELDS_BEFORE_FRAMES).map(field).collect()
}
