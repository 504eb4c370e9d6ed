;@ lang: fmt --help
;= stdout
;| Format programs
;|
;| Usage: lang fmt [OPTIONS] [PATHS]...
;|
;| Arguments:
;|   [PATHS]...  Programs (.lang) and folders with programs, here if left out; `-` is standard input
;|
;| Options:
;|       --check  Change nothing, and say what is not formatted: exit status 1
;|   -h, --help   Print help
;|
;| Examples:
;|   lang fmt                                        every program in this folder
;|   lang fmt nbody.lang --check                     say whether it is formatted, and change nothing
;|   lang fmt - < nbody.lang                         from standard input to standard output
