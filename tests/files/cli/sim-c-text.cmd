;@ lang: sim tests/files/cli/input/c-memory.lang -- text
;= stderr
;| error: invalid memory access: out of bounds: read of 1 byte at offset 4 of 4 bytes that were allocated at tests/files/cli/input/c-memory.lang:48:27 in main
;| tests/files/cli/input/c-memory.lang:49:38
;|     in main
;= status
;| Some(101)
