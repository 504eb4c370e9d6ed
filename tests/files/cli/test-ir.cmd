;@ lang: test tests/files/cli/input/scale.ir
;= stderr
;| error: tests/files/cli/input/scale.ir is neither a program (.lang) nor a folder
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
