;@ lang: run tests/files/cli/input/hello.lang --opt-level x
;= stderr
;| error: invalid value 'x' for '--opt-level <LEVEL>': there are the levels 0, 1, 2 and 3
;|
;| For more information, try '--help'.
;= status
;| Some(2)
