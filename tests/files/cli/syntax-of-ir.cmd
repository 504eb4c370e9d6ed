;@ lang: check tests/files/cli/input/syntax.ir
;= stderr
;| error: tests/files/cli/input/syntax.ir:3:19: expected a number
;= status
;| Some(1)
