;@ lang: run tests/files/cli/input/hello.lang --backend gcc
;= stderr
;| error: there is no backend `gcc`; there are cranelift, llvm, interp
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
