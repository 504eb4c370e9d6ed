;@ lang: build --help
;= stdout
;| Compile a program to an executable, or to what --emit names
;|
;| Usage: lang build [OPTIONS] [PATH]
;|
;| Arguments:
;|   [PATH]
;|           The main file (.lang), a Bril program (.bril, .json), a module in IR text (.ir), or the
;|           folder of a project; the project here if left out
;|
;| Options:
;|   -I, --import-path <DIR>
;|           Look for imports in this folder, too (may be repeated)
;|
;|       --const-fuel <N>
;|           How many instructions the evaluation of a constant may take
;|
;|           [default: 500000000]
;|
;|   -L <DIR>
;|           Look for libraries in this folder, too (may be repeated; LANG_LINK_PATH lists more)
;|
;|   -l <NAME>
;|           Link this library as well, as `#link` does (may be repeated)
;|
;|       --release
;|           Optimize: e-graph, then LLVM at its best (or Cranelift, if lang was built without LLVM)
;|
;|   -O
;|           Optimize: the same as --opt-level 2; `-O0` to `-O3` name another level
;|
;|       --opt-level <LEVEL>
;|           0: nothing; 1 to 3: all passes with the e-graph
;|
;|       --backend <NAME>
;|           Compile with this backend: cranelift or llvm; `lang run` also knows interp
;|
;|       --target-cpu <CPU>
;|           Generate code for this CPU (`native`, or a name that LLVM knows) instead of the baseline
;|
;|       --disable-rule <RULE>
;|           Keep the optimizer from using this rule (may be repeated)
;|
;|       --print-after <PASS>
;|           Print the IR after this pass (may be repeated; `all` for every pass, `lowered` for the
;|           input)
;|
;|       --func <NAME>
;|           Print only this function with --print-after
;|
;|       --stats
;|           Print what the optimizer did: nodes, rounds, and how often each rule fired
;|
;|       --time
;|           Print how long each part of the compiler took
;|
;|       --checks
;|           Check every use of memory in a Bril program, as `lang sim` does: bounds, freed and
;|           uninitialized memory, leaks. Without it only division is checked, and the size of an
;|           allocation
;|
;|   -o, --output <FILE>
;|           Where to write, `-` for standard output; default is the name of the file without its
;|           ending, and for projects build/debug or build/release
;|
;|       --emit <FORM>
;|           What to write instead of an executable
;|
;|           Possible values:
;|           - obj:     Object file
;|           - asm:     Assembly
;|           - llvm-ir: LLVM IR
;|           - clif:    Cranelift IR
;|           - ir:      The IR of this compiler, after optimization
;|           - bril:    Bril, after optimization: for other tools that read it
;|
;|   -g
;|           Write line-level debug information (debug builds have it anyway)
;|
;|   -h, --help
;|           Print help (see a summary with '-h')
;|
;| Examples:
;|   lang build hello.lang                           debug build: fast to compile
;|   lang build hello.lang --release -o hello        release build
;|   lang build hello.lang -O --emit ir,asm          optimized IR and assembly, to hello.ir and hello.s
;|   lang build hello.lang --release --stats         what the optimizer did
