;@ lang: check --help
;= stdout
;| Show errors and warnings, and do nothing else
;|
;| Usage: lang check [OPTIONS] [PATH]
;|
;| Arguments:
;|   [PATH]  The main file (.lang), a Bril program (.bril, .json), a module in IR text (.ir), or the
;|           folder of a project; the project here if left out
;|
;| Options:
;|   -I, --import-path <DIR>  Look for imports in this folder, too (may be repeated)
;|       --const-fuel <N>     How many instructions the evaluation of a constant may take [default:
;|                            500000000]
;|       --json               Print a line of JSON for each error and warning
;|       --explain <CODE>     Explain an error or warning, with an example, instead: `E0301`
;|   -h, --help               Print help
;|
;| Examples:
;|   lang check hello.lang
;|   lang check hello.lang --json                    a line of JSON for each, for editors and other
;|   tools
;|   lang check --explain E0301                      what an error means, and how it is mended
