;@ lang: dot --what ast tests/files/bril/nop.bril
;= stderr
;| error: tests/files/bril/nop.bril is not a program (.lang)
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
