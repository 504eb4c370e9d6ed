;@ lang: build tests/files/cli/input/hello.lang --emit ir -o tests/no/such/folder/hello.ir
;= stderr
;| error: cannot write tests/no/such/folder/hello.ir: No such file or directory (os error 2)
;= status
;| Some(1)
