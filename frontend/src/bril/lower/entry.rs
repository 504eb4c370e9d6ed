//! The function that runs a Bril program: arguments for `main`, and what is to be done behind it.

use super::{Code, Cx};
use crate::bril::program::{Base, Function};
use crate::lower::runtime;
use lang_ir::{FuncId, Linkage, Signature, SlotData, Type, Value};

/// The exit status of a program that ends with an error, as `brili` has it.
const STATUS: i128 = 2;

impl Cx<'_> {
    pub(super) fn define_entry(&mut self, main: &Function) {
        let signature = Signature::new(&[], &[Type::I32]);
        let mut function = lang_ir::Function::new(lang_ir::ENTRY, Linkage::Export, signature);
        function.decl = self.pos(main.span);
        let id = self.module.functions.push(function);
        let callee = self.funcs[&main.name];
        let mut code = Code::new(self, id);
        let decl = code.func.decl;
        code.at(decl);
        let status = code.b().iconst(Type::I32, STATUS);
        code.call_runtime(runtime::TRAP_STATUS, &[status]);
        let args = code.main_args(main);
        code.call_main(callee, &args);
        code.finish_program();
        let success = code.b().iconst(Type::I32, 0);
        code.b().return_(&[success]);
        let func = code.func;
        self.module.functions[id] = func;
    }
}

impl Code<'_, '_> {
    /// The arguments of `main`, from the command line.
    fn main_args(&mut self, main: &Function) -> Vec<Value> {
        let number = main.params.len();
        let out = self.func.slots.push(SlotData { size: 16, align: 8 });
        let out = self.b().slot_addr(out);
        self.call_runtime(runtime::ARGS, &[out]);
        let given = self.load(Type::I64, out, 8);
        let expected = self.int(number as i128);
        let is_wrong = self.b().icmp_ne(given, expected);
        let plural = if number == 1 { "" } else { "s" };
        self.trap_if(is_wrong, &format!("`@main` takes {number} argument{plural}"));
        let mut args = Vec::with_capacity(number);
        for (index, param) in main.params.iter().enumerate() {
            // The kinds of `lang_rt_bril_arg`.
            let (kind, ty) = match param.ty.base {
                Base::Int => (0, Type::I64),
                Base::Bool => (1, Type::I8),
                Base::Float => (2, Type::F64),
                Base::Char => (3, Type::I32),
            };
            let index_value = self.int(index as i128);
            let kind = self.b().iconst(Type::I32, kind);
            let parsed = self.call_runtime(runtime::BRIL_ARG, &[index_value, kind, out]).expect("whether it is one");
            let no = self.b().iconst(Type::I8, 0);
            let is_wrong = self.b().icmp_eq(parsed, no);
            self.trap_if(is_wrong, &format!("argument {} of `@main` is not a value of type `{}`", index + 1, param.ty));
            let mut value = self.load(ty, out, 0);
            if param.ty.base == Base::Bool {
                value = self.b().ireduce(Type::I1, value);
            }
            args.push(value);
        }
        args
    }

    fn call_main(&mut self, main: FuncId, args: &[Value]) {
        let results: Vec<Type> = self.cx.module.functions[main].sig.results.to_vec();
        self.b().call(main, &results, args);
    }

    /// Looks for memory that was not freed, and says how many instructions were executed.
    fn finish_program(&mut self) {
        if let Some(live) = self.cx.live {
            let address = self.b().global_addr(live);
            let left = self.load(Type::I64, address, 0);
            let zero = self.int(0);
            let is_left = self.b().icmp_ne(left, zero);
            self.trap_if(is_left, "memory is not freed at the end of the program");
        }
        if let Some(executed) = self.cx.executed {
            let stderr = self.b().iconst(Type::I32, 1);
            self.call_runtime(runtime::SINK_PUSH, &[stderr]);
            self.write("total_dyn_inst: ");
            let address = self.b().global_addr(executed);
            let number = self.load(Type::I64, address, 0);
            self.call_runtime(runtime::WRITE_I64, &[number]);
            self.write("\n");
            let nowhere = self.b().iconst(Type::Ptr, 0);
            self.call_runtime(runtime::SINK_POP, &[nowhere]);
        }
    }
}
