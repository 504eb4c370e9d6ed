;@ lang: complie hello.lang
;= stderr
;| error: unrecognized subcommand 'complie'
;|
;| Usage: lang <COMMAND>
;|
;| For more information, try '--help'.
;= status
;| Some(2)
