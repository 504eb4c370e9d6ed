;@ lang: run tests/files/cli/input/arguments.lang one
;= stderr
;| error: unexpected argument 'one' found
;|
;| Usage: lang run [OPTIONS] [PATH] [-- <ARGS>...]
;|
;| For more information, try '--help'.
;= status
;| Some(2)
