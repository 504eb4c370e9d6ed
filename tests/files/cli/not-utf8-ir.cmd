;@ lang: check tests/files/cli/input/not-utf8.ir
;= stderr
;| error: tests/files/cli/input/not-utf8.ir: not UTF-8 text: invalid utf-8 sequence of 1 bytes from index 7
;= status
;| Some(1)
