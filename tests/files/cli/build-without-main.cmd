;@ lang: build tests/files/cli/input/library.lang
;= stderr
;| error: tests/files/cli/input/library.lang has no function `main`
;= status
;| Some(1)
