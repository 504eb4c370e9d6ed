;@ lang: build -o - tests/files/bril/nop.bril
;= stderr
;| error: cannot write -: an executable can only be a file
;= status
;| Some(1)
