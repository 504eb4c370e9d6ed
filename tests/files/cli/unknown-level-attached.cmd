;@ lang: run tests/files/cli/input/hello.lang -O9
;= stderr
;| error: invalid value '9' for '--opt-level <LEVEL>': there are the levels 0, 1, 2 and 3
;|
;| For more information, try '--help'.
;= status
;| Some(2)
