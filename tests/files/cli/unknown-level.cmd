;@ lang: run tests/files/cli/input/hello.lang --opt-level 4
;= stderr
;| error: invalid value '4' for '--opt-level <LEVEL>': 4 is not in 0..=3
;|
;| For more information, try '--help'.
;= status
;| Some(2)
