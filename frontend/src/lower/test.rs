//! The entry of a program that runs one of its tests.
//!
//! All tests are in one program. Its first argument says which of them to run, counted from 0, and is hidden from the
//! test. The last thing that is written, when a test has come to its end, is [`PASSED`]: a test that leaves by `exit(0)` did
//! not.

use super::Cx;
use super::body::lower_body;
use super::code::{Code, Mem, Scalars};
use super::runtime;
use crate::hir::{Body, FuncKind};
use lang_ir::{Function, Linkage, Signature, Type, Value};
use smallvec::smallvec;

/// Behind everything else that a test writes when it passes.
pub const PASSED: &str = "\0passed\0";

/// The size of a `str` in memory.
const STR_BYTES: i64 = 16;

impl Cx<'_> {
    /// `lang_main`: runs the initialisers of globals, then the test with the number in the first argument.
    pub(super) fn define_test_entry(&mut self) {
        let script = self.script_initialisers();
        let function = Function::new(lang_ir::ENTRY, Linkage::Export, Signature::new(&[], &[Type::I32]));
        let id = self.module.functions.push(function);
        let program = self.program;
        let mut code = Code::new(self, id);
        let number = code.test_number();
        if let Some(init) = program.init {
            let init = code.cx.funcs[init.index()];
            code.call(init, &[]);
        }
        if let Some(script) = script {
            code.call(script, &[]);
        }
        let blocks: Vec<_> = program.tests.iter().map(|_| code.new_block()).collect();
        let (end, none) = (code.new_block(), code.new_block());
        let cases: Vec<_> = (0u128..).zip(blocks.iter().copied()).collect();
        code.switch(number, &cases, none);
        for (test, block) in program.tests.iter().zip(blocks) {
            code.switch_to(block);
            code.at(test.span);
            let callee = code.cx.funcs[test.func.index()];
            code.call(callee, &[]);
            code.jump(end);
        }
        code.switch_to(end);
        let text = code.text(PASSED.as_bytes());
        code.call_runtime(runtime::WRITE_STR, &text);
        let success = code.iconst(Type::I32, 0);
        code.return_(&[success]);
        code.switch_to(none);
        let failure = code.iconst(Type::I32, 1);
        code.return_(&[failure]);
        code.finish();
    }

    /// A function that stores the globals of a script and does nothing else of what the script does.
    fn script_initialisers(&mut self) -> Option<lang_ir::FuncId> {
        let program = self.program;
        let main = program.main.filter(|_| !program.script_inits.is_empty())?;
        let FuncKind::Body(body) = &program[main].kind else { return None };
        let mut body: Body = body.clone();
        let root = body.root?;
        let stmts = std::mem::take(&mut body.blocks[root.index()].stmts);
        let keep = stmts.into_iter().enumerate().filter(|(index, _)| program.script_inits.binary_search(index).is_ok());
        body.blocks[root.index()].stmts = keep.map(|(_, stmt)| stmt).collect();
        let name = self.unique_name("script");
        let id = self.module.functions.push(Function::new(&name, Linkage::Local, Signature::new(&[], &[])));
        let whole = std::mem::replace(&mut self.funcs[main.index()], id);
        lower_body(self, main, &body);
        self.funcs[main.index()] = whole;
        Some(id)
    }
}

impl Code<'_, '_> {
    /// The number in the first argument; one that no test has, if there is none.
    fn test_number(&mut self) -> Value {
        let repr = self.repr(crate::types::Ty::STR);
        let (args, number) = (self.slot(&repr), self.slot(&repr));
        let address = self.address(args);
        self.call_runtime(runtime::ARGS, &[address]);
        let start = self.load(Type::Ptr, args);
        let len = self.load(Type::I64, args.at(8));
        let none = self.word(u64::MAX);
        self.store(none, number);
        let (read, done) = (self.new_block(), self.new_block());
        let zero = self.word(0);
        let is_there = self.b().icmp_ne(len, zero);
        self.brif(is_there, read, done);
        self.switch_to(read);
        let first = Mem::address(start);
        let text = [self.load(Type::Ptr, first), self.load(Type::I64, first.at(8))];
        let address = self.address(number);
        self.call_runtime(runtime::PARSE_I64, &[text[0], text[1], address]);
        self.jump(done);
        self.switch_to(done);
        self.load(Type::I64, number)
    }

    /// What `args()` gives, of the arguments of the program.
    pub(super) fn without_test_number(&mut self, start: Value, len: Value) -> Scalars {
        if self.cx.purpose == super::Purpose::Run {
            return smallvec![start, len];
        }
        let start = self.offset(start, STR_BYTES);
        let one = self.word(1);
        let len = self.b().isub(len, one);
        smallvec![start, len]
    }
}
