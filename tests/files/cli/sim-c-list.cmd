;@ lang: sim tests/files/cli/input/c-memory.lang -- list
;= stderr
;| error: invalid memory access: use after free: read of 8 bytes at offset 8 of 16 bytes that were allocated at tests/files/cli/input/c-memory.lang:13:22 in node, freed at tests/files/cli/input/c-memory.lang:38:21 in main
;| tests/files/cli/input/c-memory.lang:39:22
;|     in main
;= status
;| Some(101)
