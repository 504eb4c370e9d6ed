;@ lang: sim tests/files/cli/input/c-memory.lang -- past-the-end
;= stderr
;| error: invalid memory access: out of bounds: read of 1 byte at offset 8 of 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main
;| tests/files/cli/input/c-memory.lang:23:39
;|     in main
;= status
;| Some(101)
