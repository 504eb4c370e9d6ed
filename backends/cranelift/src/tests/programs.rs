//! Whole programs in this process.

use crate::jit::Program;
use lang_backend::OptLevel;
use lang_ir::builder::Builder;
use lang_ir::*;
use lang_rt::start::Captured;

/// A program under construction; its entry is being filled.
pub struct Maker {
    pub module: Module,
}

impl Maker {
    pub fn new() -> Maker {
        let mut module = Module::default();
        module.files.push("test.lang".to_string());
        Maker { module }
    }

    pub fn import(&mut self, name: &str, params: &[Type], results: &[Type]) -> FuncId {
        self.module.functions.push(Function::new(name, Linkage::Import, Signature::new(params, results)))
    }

    /// Declares a function that `body` then fills, by its id.
    pub fn declare(&mut self, name: &str, linkage: Linkage, params: &[Type], results: &[Type]) -> FuncId {
        let mut func = Function::new(name, linkage, Signature::new(params, results));
        func.decl = SourcePos { file: FileId::from_u32(0), line: 10 * (1 + self.module.functions.len() as u32), col: 1 };
        self.module.functions.push(func)
    }

    pub fn body(&mut self, func: FuncId, body: impl FnOnce(&mut Builder<'_>, &[Value])) {
        let func = &mut self.module.functions[func];
        let entry = func.new_block();
        func.layout.push(entry);
        let params = func.sig.params.iter().map(|p| p.ty).collect::<Vec<_>>();
        let params = params.into_iter().map(|ty| func.append_param(entry, ty)).collect::<Vec<_>>();
        body(&mut Builder::new(func, entry), &params);
    }

    pub fn main(&mut self, body: impl FnOnce(&mut Builder<'_>)) {
        let main = self.declare(ENTRY, Linkage::Export, &[], &[Type::I32]);
        self.body(main, |b, _| body(b));
    }

    pub fn text(&mut self, text: &str) -> GlobalId {
        self.module.globals.push(Global {
            name: format!("text{}", self.module.globals.len()),
            size: text.len() as u64,
            align: 1,
            constant: true,
            init: text.as_bytes().to_vec(),
            relocs: Vec::new(),
        })
    }
}

/// Goes to a new block.
pub fn block(b: &mut Builder<'_>, params: &[Type]) -> (Block, Vec<Value>) {
    let block = b.func.new_block();
    b.func.layout.push(block);
    (block, params.iter().map(|&ty| b.func.append_param(block, ty)).collect())
}

pub fn at(b: &mut Builder<'_>, line: u32) {
    b.loc = b.func.add_loc(SourcePos { file: FileId::from_u32(0), line, col: 5 });
}

pub fn run(module: &Module, level: OptLevel) -> Captured {
    let program = Program::new(module, level).unwrap();
    let (main, functions) = program.parts();
    unsafe { lang_rt::start::run_captured(main, functions, &[b"one"], b"", 20) }.unwrap()
}

/// Status and output, which are the same at all levels.
pub fn outcome(module: &Module) -> (Result<i32, i32>, String, String) {
    let [none, speed] = [OptLevel::None, OptLevel::Speed].map(|level| run(module, level));
    assert_eq!(none, speed);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (none.status, text(none.stdout), text(none.stderr))
}

pub fn hello() -> Module {
    let mut m = Maker::new();
    let write = m.import("lang_rt_write_str", &[Type::Ptr, Type::I64], &[]);
    let text = m.text("hello\n");
    m.main(|b| {
        let (text, len) = (b.global_addr(text), b.iconst(Type::I64, 6));
        b.call(write, &[], &[text, len]);
        let status = b.iconst(Type::I32, 7);
        b.return_(&[status]);
    });
    m.module
}

#[test]
fn hello_prints_and_returns() {
    assert_eq!(outcome(&hello()), (Ok(7), "hello\n".to_string(), String::new()));
}
