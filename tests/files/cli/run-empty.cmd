;@ lang: run tests/files/cli/input/empty.lang
;= stderr
;| error: tests/files/cli/input/empty.lang has no function `main`
;= status
;| Some(1)
