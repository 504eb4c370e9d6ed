;@ lang: 
;= stderr
;| A systems language whose optimizer is an e-graph, with LLVM, Cranelift and interpreter backends
;|
;| Usage: lang <COMMAND>
;|
;| Commands:
;|   build        Compile a program to an executable, or to what --emit names
;|   run          Compile in memory and run
;|   sim          Interpret, with every check on
;|   check        Show errors and warnings, and do nothing else
;|   test         Run the tests of a program, and the examples in its comments
;|   get          List the annotations in comments: TODO, FIXME, NOTE, HACK, XXX
;|   fmt          Format programs
;|   new          Make a project: a folder with a `lang.toml` and a program with a test
;|   clean        Remove what `lang build` made in the project here
;|   dot          Draw a graph of a program or function, in Graphviz's language or as a picture
;|   rules        List the rewrite rules of the optimizer
;|   completions  Print a script that completes this command's words in a shell
;|   man          Print the manual page of this command, or of one of its commands
;|   help         Print this message or the help of the given subcommand(s)
;|
;| Options:
;|   -h, --help     Print help
;|   -V, --version  Print version
;|
;| Examples:
;|   lang run hello.lang                     compile in memory and run
;|   lang build nbody.lang --release         e-graph and LLVM; writes ./nbody
;|   lang sim nbody.lang -- 1000             interpret with every check on
;|   lang dot nbody.lang advance -T svg      the control-flow graph of a function
;|   lang rules udiv                         the rewrite rules about unsigned division
;|
;| Exit status: 0 success, 1 the program has errors, 2 wrong usage, 101 a program trapped, 70 a fault
;| of the compiler.
;= status
;| Some(2)
