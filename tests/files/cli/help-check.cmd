;@ lang: check --help
;= stdout
;| Show errors and warnings, and do nothing else
;|
;| Usage: lang check [OPTIONS] <PATH>
;|
;| Arguments:
;|   <PATH>  The main file (.lang), or a module in IR text (.ir)
;|
;| Options:
;|   -I, --import-path <DIR>  Look for imports in this folder, too (may be repeated)
;|   -h, --help               Print help
