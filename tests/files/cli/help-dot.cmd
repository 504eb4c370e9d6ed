;@ lang: dot --help
;= stdout
;| Draw a graph of a program or function, in Graphviz's language or as a picture
;|
;| Usage: lang dot [OPTIONS] [FILE] [FUNC]...
;|
;| Arguments:
;|   [FILE] [FUNC]...
;|           The main file (.lang), a Bril program (.bril, .json) or a module in IR text (.ir), the
;|           project here if left out; and optionally a function of it
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
;|       --what <WHAT>
;|           What to draw
;|
;|           Possible values:
;|           - cfg:     Control-flow graph in SSA form
;|           - dom:     Dominator tree
;|           - loops:   Loop nest
;|           - calls:   Call graph of the program
;|           - egraph:  The saturated e-graph
;|           - ast:     Syntax trees of the modules, or of one (`geometry.shapes`), or of a function
;|           - imports: Which module of the program imports which
;|
;|           [default: cfg]
;|
;|       --stage <STAGE>
;|           The IR as the front end lowered it, or as the optimizer left it
;|
;|           [default: lowered]
;|           [possible values: lowered, opt]
;|
;|   -T <FORMAT>
;|           The format; all but `dot` need Graphviz
;|
;|           [default: dot]
;|           [possible values: dot, svg, png]
;|
;|   -o, --output <FILE>
;|           Where to write; default is standard output
;|
;|   -h, --help
;|           Print help (see a summary with '-h')
;|
;| Examples:
;|   lang dot nbody.lang advance                     control-flow graph as Graphviz text
;|   lang dot nbody.lang advance --stage opt -T svg -o advance.svg
;|   lang dot nbody.lang --what calls -T png -o calls.png
;|   lang dot nbody.lang advance --what egraph       what equality saturation found
;|   lang dot nbody.lang --what imports              which module imports which
