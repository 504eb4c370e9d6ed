;@ lang: build tests/files/cli/input/hello.lang -o tests/no/such/folder/hello
;= stderr
;| error: linking failed: cannot write tests/no/such/folder/hello: No such file or directory (os error 2) at path "/work/main/tests/no/such/folder/.lang-link-Yzu6AX"
;= status
;| Some(1)
