;@ lang: sim tests/files/cli/input/c-memory.lang -- local
;= stderr
;| error: invalid memory access: C cannot free a local variable of main (1 bytes), which it did not allocate
;| tests/files/cli/input/c-memory.lang:57:17
;|     in main
;= status
;| Some(101)
