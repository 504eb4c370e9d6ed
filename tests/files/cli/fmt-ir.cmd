;@ lang: fmt tests/files/cli/input/scale.ir
;= stderr
;| error: tests/files/cli/input/scale.ir is not a program (.lang)
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
