;@ lang: run tests/files/cli/input/hello.lang --opt-level 4
;= stderr
;| error: invalid value '4' for '--opt-level <LEVEL>': there are the levels 0, 1, 2 and 3
;|
;| For more information, try '--help'.
;= status
;| Some(2)
