;@ lang: dot power
;= stderr
;| error: which program? Name its file (.lang or .ir), and optionally a function of it
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
