;@ lang: complie hello.lang
;= stderr
;| error: unrecognized subcommand 'complie'
;|
;|   tip: a similar subcommand exists: 'completions'
;|
;| Usage: lang <COMMAND>
;|
;| For more information, try '--help'.
;= status
;| Some(2)
