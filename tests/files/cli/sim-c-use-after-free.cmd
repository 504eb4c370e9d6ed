;@ lang: sim tests/files/cli/input/c-memory.lang -- use-after-free
;= stderr
;| error: invalid memory access: use after free: read of 1 byte at offset 0 of 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main, freed at tests/files/cli/input/c-memory.lang:31:17 in main
;| tests/files/cli/input/c-memory.lang:32:19
;|     in main
;= status
;| Some(101)
