;@ lang: check README.md
;= stderr
;| error: README.md is neither a program (.lang), nor one in Bril (.bril, .json), nor a module in IR text (.ir)
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
