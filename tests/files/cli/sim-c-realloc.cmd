;@ lang: sim tests/files/cli/input/c-memory.lang -- realloc
;= stdout
;| 7
;= stderr
;| error: invalid memory access: use after free: write of 1 byte at offset 0 of 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main, freed at tests/files/cli/input/c-memory.lang:43:28 in main
;| tests/files/cli/input/c-memory.lang:45:18
;|     in main
;= status
;| Some(101)
