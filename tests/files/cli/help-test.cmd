;@ lang: test --help
;= stdout
;| Run the tests of a program, and the examples in its comments
;|
;| Usage: lang test [OPTIONS] [PATH] [FILTER]...
;|
;| Arguments:
;|   [PATH] [FILTER]...  A program (.lang) or a folder with programs, the project or folder here if
;|                       left out; and what the names of the tests contain
;|
;| Options:
;|   -I, --import-path <DIR>  Look for imports in this folder, too (may be repeated)
;|       --const-fuel <N>     How many instructions the evaluation of a constant may take [default:
;|                            500000000]
;|   -L <DIR>                 Look for libraries in this folder, too (may be repeated; LANG_LINK_PATH
;|                            lists more)
;|   -l <NAME>                Link this library as well, as `#link` does (may be repeated)
;|       --release            Optimize, and compile with LLVM
;|       --sim                Interpret, with every check on
;|   -j, --jobs <N>           How many tests run at a time; default is the number of processors
;|       --timeout <SECONDS>  How long a test may run [default: 60]
;|       --json               Print a line of JSON for each test
;|   -h, --help               Print help
;|
;| Examples:
;|   lang test geometry.lang                         the tests of a program and of what it imports
;|   lang test                                       those of every program in this folder
;|   lang test geometry.lang area --release          those with `area` in their name, optimized
;|
;| Each test runs in a process of its own. Exit status: 0 if all pass, 1 if not.
