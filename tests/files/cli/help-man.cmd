;@ lang: man --help
;= stdout
;| Print the manual page of this command, or of one of its commands
;|
;| Usage: lang man [COMMAND]
;|
;| Arguments:
;|   [COMMAND]  A command of `lang`
;|
;| Options:
;|   -h, --help  Print help
;|
;| Examples:
;|   lang man | man -l -
;|   lang man build > ~/.local/share/man/man1/lang-build.1
