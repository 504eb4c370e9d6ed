;@ lang: sim tests/files/cli/input/c-memory.lang -- wide
;= stderr
;| error: invalid memory access: out of bounds: write of 4 bytes at offset 8 of 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main
;| tests/files/cli/input/c-memory.lang:25:34
;|     in main
;= status
;| Some(101)
