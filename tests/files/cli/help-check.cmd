;@ lang: check --help
;= stdout
;| Show errors and warnings, and do nothing else
;|
;| Usage: lang check <PATH>
;|
;| Arguments:
;|   <PATH>  The main file (.lang), or a module in IR text (.ir)
;|
;| Options:
;|   -h, --help  Print help
