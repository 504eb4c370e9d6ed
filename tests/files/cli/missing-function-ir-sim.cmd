;@ lang: sim tests/files/cli/input/missing-function.ir
;= stderr
;| error[E0703]: there is no foreign function `no_such_function`
;| note: the program asks for no library, so it was looked for in the C library only
;= status
;| Some(1)
