;@ lang: run tests/files/cli/input/hello.lang --target-cpu native
;= stderr
;| error: the cranelift backend runs on this CPU only
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
