;@ lang: sim tests/files/cli/input/c-memory.lang -- ours
;= stderr
;| error: invalid memory access: C cannot free 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:60:32 in main, which it did not allocate
;| tests/files/cli/input/c-memory.lang:61:17
;|     in main
;= status
;| Some(101)
