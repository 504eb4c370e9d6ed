;@ lang: sim tests/files/cli/input/c-memory.lang -- inside
;= stderr
;| error: invalid memory access: C cannot free a pointer to offset 4 of 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main
;| tests/files/cli/input/c-memory.lang:63:25
;|     in main
;= status
;| Some(101)
