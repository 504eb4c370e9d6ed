;@ lang: sim tests/files/cli/input/c-memory.lang -- twice
;= stderr
;| error: invalid memory access: 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main is freed twice, freed at tests/files/cli/input/c-memory.lang:52:17 in main
;| tests/files/cli/input/c-memory.lang:53:17
;|     in main
;= status
;| Some(101)
