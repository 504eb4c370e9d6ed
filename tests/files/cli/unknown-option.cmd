;@ lang: run hello.lang --fast
;= stderr
;| error: unexpected argument '--fast' found
;|
;|   tip: to pass '--fast' as a value, use '-- --fast'
;|
;| Usage: lang run <PATH> [-- <ARGS>...]
;|
;| For more information, try '--help'.
;= status
;| Some(2)
