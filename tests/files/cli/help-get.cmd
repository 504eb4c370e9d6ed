;@ lang: get --help
;= stdout
;| List the annotations in comments: TODO, FIXME, NOTE, HACK, XXX
;|
;| Usage: lang get [OPTIONS] [TODO|FIXME|NOTE|HACK|XXX] [PATH]...
;|
;| Arguments:
;|   [TODO|FIXME|NOTE|HACK|XXX] [PATH]...  Which annotations, all if none is named; and a program
;|                                         (.lang) or folder, here if left out
;|
;| Options:
;|       --json  Print a line of JSON for each
;|   -h, --help  Print help
;|
;| Examples:
;|   lang get                                        all of them, in every program of this folder
;|   lang get TODO FIXME nbody.lang                  some of them, in one program
;|
;| An annotation is one of these words in a comment, with a name and a colon if you like: `TODO(ann):
;| text`.
