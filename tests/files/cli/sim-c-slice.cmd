;@ lang: sim tests/files/cli/input/c-memory.lang -- slice
;= stdout
;| 0
;| 0
;| 0
;| 0
;| 0
;| 0
;| 0
;| 0
;| 0
;| 0
;= stderr
;| error: invalid memory access: out of bounds: read of 8 bytes at offset 80 of 80 bytes that were allocated at tests/files/cli/input/c-memory.lang:27:28 in main
;| tests/files/cli/input/c-memory.lang:28:22
;|     in main
;= status
;| Some(101)
