;@ lang: sim --help
;= stdout
;| Interpret, with every check on
;|
;| Usage: lang sim [OPTIONS] [PATH] [-- <ARGS>...]
;|
;| Arguments:
;|   [PATH]     The main file (.lang), a Bril program (.bril, .json), a module in IR text (.ir), or the
;|              folder of a project; the project here if left out
;|   [ARGS]...  Arguments of the program
;|
;| Options:
;|   -I, --import-path <DIR>  Look for imports in this folder, too (may be repeated)
;|       --const-fuel <N>     How many instructions the evaluation of a constant may take [default:
;|                            500000000]
;|       --trace              Print every instruction that is executed to standard error
;|   -p, --profile            Of a Bril program, count the executed instructions, and print
;|                            `total_dyn_inst: N` to standard error at the end
;|   -L <DIR>                 Look for libraries in this folder, too (may be repeated; LANG_LINK_PATH
;|                            lists more)
;|   -l <NAME>                Link this library as well, as `#link` does (may be repeated)
;|   -O                       Interpret the optimized program instead: the e-graph and all passes run
;|                            first
;|       --opt-level <LEVEL>  The same by level; 0: as it is, 1 to 3: optimized
;|   -h, --help               Print help
;|
;| Examples:
;|   lang sim hello.lang
;|   lang sim hello.lang --trace                     every instruction, on standard error
