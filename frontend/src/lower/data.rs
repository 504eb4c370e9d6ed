//! Globals and constants: values that are known while compiling, as bytes and addresses in memory.

use super::Cx;
use super::repr::scalar_type;
use crate::hir::{self, ConstId, ConstValue, DataId, DataTarget, GlobalInit, StrId};
use crate::types::{Niche, Ty, TyKind};
use lang_ir::{Global, GlobalId, Reloc, RelocTarget, eval};
use rustc_hash::FxHashMap;

/// The contents of a global while they are made.
#[derive(Default)]
struct Data {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
}

impl Data {
    fn bytes(&mut self, at: u64, bytes: &[u8]) {
        self.reserve(at, bytes.len());
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }

    /// Makes room for a number of bytes, zero if they are new.
    fn reserve(&mut self, at: u64, len: usize) {
        let end = at as usize + len;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
    }

    fn address(&mut self, at: u64, target: RelocTarget) {
        self.bytes(at, &[0; 8]);
        self.relocs.push(Reloc { offset: at, target, addend: 0 });
    }

    fn len(&mut self, at: u64, len: u64) {
        self.bytes(at, &len.to_le_bytes());
    }
}

/// All read-only memory whose address is not followed, in one piece.
#[derive(Clone)]
pub(super) struct ExposedMemory {
    pub whole: GlobalId,
    pub size: u64,
    /// Where in it the memory of a global is.
    offsets: FxHashMap<GlobalId, u64>,
}

impl Cx<'_> {
    /// Makes all globals of the program.
    pub fn define_globals(&mut self) {
        let program = self.program;
        for global in &program.globals {
            let constant = !global.mutable && matches!(global.init, GlobalInit::Const(_));
            let id = self.empty_global(global.symbol.clone(), global.ty, constant);
            self.globals.push(id);
        }
        for (index, global) in program.globals.iter().enumerate() {
            if let GlobalInit::Const(value) = &global.init {
                self.fill(self.globals[index], global.ty, value);
            }
        }
    }

    /// Lays out the read-only memory whose address is not followed: one behind the other, so that a store can see that
    /// it goes there.
    pub fn gather_exposed(&mut self) {
        let program = self.program;
        let exposed = &program.exposed;
        let mut parts: Vec<GlobalId> = exposed.constants.iter().map(|&id| self.constant(id)).collect();
        parts.extend(exposed.globals.iter().map(|id| self.globals[id.index()]));
        parts.extend(exposed.data.iter().map(|&id| self.data(id)));
        parts.extend(exposed.texts.iter().filter_map(|&text| self.text(&program[text])));
        let mut offsets: FxHashMap<GlobalId, u64> = FxHashMap::default();
        let (mut size, mut align) = (0u64, 1);
        for part in parts {
            let global = &self.module.globals[part];
            if global.constant && !offsets.contains_key(&part) {
                let at = size.next_multiple_of(u64::from(global.align));
                offsets.insert(part, at);
                size = at + global.size;
                align = align.max(global.align);
            }
        }
        if size > 0 {
            let whole = Global {
                name: "exposed".to_string(),
                size,
                align,
                constant: true,
                init: Vec::new(),
                relocs: Vec::new(),
            };
            self.exposed = Some(ExposedMemory { whole: self.module.globals.push(whole), size, offsets });
        }
    }

    /// Where the memory of a global is: the global, or the whole that it became a part of, and where in it.
    pub fn place_of_global(&self, global: GlobalId) -> (GlobalId, u64) {
        match &self.exposed {
            Some(exposed) => exposed.offsets.get(&global).map_or((global, 0), |&offset| (exposed.whole, offset)),
            None => (global, 0),
        }
    }

    /// Moves the contents of exposed memory to where it is, and all addresses in data with it.
    pub fn redirect_to_exposed(&mut self) {
        let Some(ExposedMemory { whole, offsets, .. }) = self.exposed.take() else { return };
        for global in self.module.globals.values_mut() {
            for reloc in &mut global.relocs {
                if let RelocTarget::Global(target) = reloc.target
                    && let Some(&offset) = offsets.get(&target)
                {
                    reloc.target = RelocTarget::Global(whole);
                    reloc.addend += offset as i64;
                }
            }
        }
        let mut parts: Vec<(u64, GlobalId)> = offsets.into_iter().map(|(global, offset)| (offset, global)).collect();
        parts.sort_unstable();
        let mut data = Data::default();
        for (offset, part) in parts {
            let part = &mut self.module.globals[part];
            data.bytes(offset, &std::mem::take(&mut part.init));
            let relocs = std::mem::take(&mut part.relocs).into_iter();
            data.relocs.extend(relocs.map(|reloc| Reloc { offset: reloc.offset + offset, ..reloc }));
            // Nothing refers to it any more.
            part.size = 0;
        }
        let whole = &mut self.module.globals[whole];
        (whole.init, whole.relocs) = (data.bytes, data.relocs);
    }

    /// The memory of a constant.
    pub fn constant(&mut self, id: ConstId) -> GlobalId {
        if let Some(global) = self.constants[id.index()] {
            return global;
        }
        let constant = &self.program[id];
        if let ConstValue::Data(data, 0) = constant.value
            && self.program[data].bytes.len() as u64 == self.program.types.layout(constant.ty).size
        {
            let global = self.data(data);
            self.constants[id.index()] = Some(global);
            return global;
        }
        let global = self.empty_global(format!("const:{}", id.0), constant.ty, true);
        self.constants[id.index()] = Some(global);
        self.fill(global, constant.ty, &constant.value);
        global
    }

    /// Read-only memory that holds a value of this type.
    pub fn anonymous_constant(&mut self, ty: Ty, value: &ConstValue) -> GlobalId {
        let name = self.anonymous_name();
        let global = self.empty_global(name, ty, true);
        self.fill(global, ty, value);
        global
    }

    /// The name of the next anonymous constant.
    pub(super) fn anonymous_name(&self) -> String {
        format!("data:{}", self.module.globals.len())
    }

    /// Memory that was computed while compiling, and what it leads to.
    pub(super) fn data(&mut self, id: DataId) -> GlobalId {
        let mut unfinished = Vec::new();
        let global = self.declare_data(id, &mut unfinished);
        self.finish_data(unfinished);
        global
    }

    /// Fills in the addresses of memory, and of what they lead to.
    fn finish_data(&mut self, mut unfinished: Vec<DataId>) {
        let program = self.program;
        while let Some(id) = unfinished.pop() {
            let refs = &program[id].refs;
            let relocs = refs.iter().map(|each| self.data_reloc(each, 0, &mut unfinished)).collect();
            let global = self.declare_data(id, &mut unfinished);
            self.module.globals[global].relocs = relocs;
        }
    }

    /// The global of such memory; if it is new, its addresses are not there yet.
    fn declare_data(&mut self, id: DataId, unfinished: &mut Vec<DataId>) -> GlobalId {
        if let Some(global) = self.data[id.index()] {
            return global;
        }
        let data = &self.program[id];
        let used = data.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let global = self.module.globals.push(Global {
            name: format!("value:{}", id.0),
            size: data.bytes.len() as u64,
            align: data.align,
            constant: !data.mutable,
            init: data.bytes[..used].to_vec(),
            relocs: Vec::new(),
        });
        self.data[id.index()] = Some(global);
        if !data.refs.is_empty() {
            unfinished.push(id);
        }
        global
    }

    /// An address, in memory that starts `base` bytes into the [`hir::Data`].
    fn data_reloc(&mut self, each: &hir::DataRef, base: u64, unfinished: &mut Vec<DataId>) -> Reloc {
        let (target, addend) = match each.target {
            DataTarget::Data { id, offset, .. } => (RelocTarget::Global(self.declare_data(id, unfinished)), offset),
            DataTarget::Str(text) => {
                let program = self.program;
                let global = self.text(&program[text]).expect("the address of a text that is not empty");
                (RelocTarget::Global(global), 0)
            }
            DataTarget::Func(func) => (RelocTarget::Func(self.funcs[func.index()]), 0),
        };
        Reloc { offset: each.offset - base, target, addend: addend as i64 }
    }

    /// Memory with these bytes; `None` if there are none.
    pub fn text(&mut self, bytes: &[u8]) -> Option<GlobalId> {
        if bytes.is_empty() {
            return None;
        }
        if let Some(&global) = self.texts.get(bytes) {
            return Some(global);
        }
        let global = self.module.globals.push(Global {
            name: format!("str:{}", self.texts.len()),
            size: bytes.len() as u64,
            align: 1,
            constant: true,
            init: bytes.to_vec(),
            relocs: Vec::new(),
        });
        self.texts.insert(bytes.into(), global);
        Some(global)
    }

    pub(super) fn empty_global(&mut self, name: String, ty: Ty, constant: bool) -> GlobalId {
        let repr = self.repr(ty);
        self.module.globals.push(Global {
            name,
            size: repr.size,
            align: repr.align,
            constant,
            init: Vec::new(),
            relocs: Vec::new(),
        })
    }

    pub(super) fn fill(&mut self, global: GlobalId, ty: Ty, value: &ConstValue) {
        let mut data = Data::default();
        self.write(&mut data, 0, ty, value);
        data.relocs.sort_by_key(|reloc| reloc.offset);
        let used = data.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        data.bytes.truncate(used);
        let global = &mut self.module.globals[global];
        (global.init, global.relocs) = (data.bytes, data.relocs);
    }

    fn write(&mut self, data: &mut Data, at: u64, ty: Ty, value: &ConstValue) {
        let types = &self.program.types;
        match value {
            ConstValue::Zero => {}
            ConstValue::Int(bits) => {
                let size = types.layout(ty).size as usize;
                data.bytes(at, &bits.to_le_bytes()[..size]);
            }
            ConstValue::Float(x) => {
                let scalar = scalar_type(types, ty).expect("a float");
                data.bytes(at, &eval::from_f64(scalar, *x).to_le_bytes()[..scalar.bytes() as usize]);
            }
            ConstValue::Str(text) => self.write_text(data, at, *text),
            ConstValue::Func(func) => data.address(at, RelocTarget::Func(self.function_for_us(*func))),
            ConstValue::Aggregate(parts) => match types.kind(ty) {
                TyKind::Array { element, .. } => {
                    let stride = types.stride(element);
                    for (index, part) in parts.iter().enumerate() {
                        self.write(data, at + index as u64 * stride, element, part);
                    }
                }
                _ => {
                    let offsets = types.struct_layout(ty).offsets;
                    for ((field, offset), part) in types.fields(ty).into_iter().zip(offsets).zip(parts) {
                        self.write(data, at + offset, field, part);
                    }
                }
            },
            ConstValue::Repeat(part) => {
                let TyKind::Array { element, len } = types.kind(ty) else {
                    unreachable!("a repeated element makes an array")
                };
                if !is_zero(part) {
                    let stride = types.stride(element);
                    for index in 0..len {
                        self.write(data, at + index * stride, element, part);
                    }
                }
            }
            ConstValue::Some(payload) => {
                let TyKind::Optional(inner) = types.kind(ty) else { unreachable!("a payload is of an optional") };
                self.write(data, at, inner, payload);
                match types.niche(inner) {
                    None => data.bytes(at + types.field_offset(ty, 1), &[1]),
                    Some(Niche::Null) => {}
                    Some(Niche::Tag(free)) => {
                        // The tag was written as that of the enum, unless it is zero.
                        let size = types.layout(types.tag_ty(inner)).size as usize;
                        data.reserve(at, size);
                        let tag = &mut data.bytes[at as usize..at as usize + size];
                        tag.iter_mut().zip(free.to_le_bytes()).for_each(|(byte, free)| *byte ^= free);
                    }
                }
            }
            ConstValue::Case(case, parts) => {
                let size = types.layout(types.tag_ty(ty)).size as usize;
                data.bytes(at, &types.tag(ty, *case).to_le_bytes()[..size]);
                for (field, (part, part_ty)) in parts.iter().zip(types.case_fields(ty, *case)).enumerate() {
                    self.write(data, at + types.payload_offset(ty, *case, field as u32), part_ty, part);
                }
            }
            ConstValue::Slice(id) => {
                let len = self.array_len(self.program[*id].ty);
                let target = self.constant(*id);
                data.address(at, RelocTarget::Global(target));
                data.len(at + 8, len);
            }
            ConstValue::Data(id, from) => {
                let source = &self.program[*id];
                let size = types.layout(ty).size;
                data.bytes(at, &source.bytes[*from as usize..(from + size) as usize]);
                let start = source.refs.partition_point(|each| each.offset < *from);
                let mut unfinished = Vec::new();
                for each in source.refs[start..].iter().take_while(|each| each.offset < from + size) {
                    let reloc = self.data_reloc(each, *from, &mut unfinished);
                    data.relocs.push(Reloc { offset: at + reloc.offset, ..reloc });
                }
                self.finish_data(unfinished);
            }
            ConstValue::GlobalSlice(id) => {
                let len = self.array_len(self.program[*id].ty);
                data.address(at, RelocTarget::Global(self.globals[id.index()]));
                data.len(at + 8, len);
            }
        }
    }

    fn write_text(&mut self, data: &mut Data, at: u64, text: StrId) {
        let program = self.program;
        if let Some(global) = self.text(&program[text]) {
            data.address(at, RelocTarget::Global(global));
            data.len(at + 8, program[text].len() as u64);
        }
    }

    /// Number of elements of an array.
    pub fn array_len(&self, ty: Ty) -> u64 {
        match self.program.types.kind(ty) {
            TyKind::Array { len, .. } => len,
            _ => unreachable!("only arrays have a fixed length"),
        }
    }
}

/// Whether all bytes of the value are zero.
pub(super) fn is_zero(value: &ConstValue) -> bool {
    match value {
        ConstValue::Zero | ConstValue::Int(0) => true,
        ConstValue::Float(x) => x.to_bits() == 0,
        ConstValue::Aggregate(parts) => parts.iter().all(is_zero),
        ConstValue::Repeat(part) => is_zero(part),
        _ => false,
    }
}
