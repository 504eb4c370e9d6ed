;@ lang: run tests/files/cli/input/missing.lang
;= stderr
;| error: cannot read tests/files/cli/input/missing.lang: No such file or directory (os error 2)
;= status
;| Some(1)
