;@ lang: sim tests/files/cli/input/c-memory.lang -- argument
;= stderr
;| error: invalid memory access: foreign code gets a pointer to 8 bytes that were allocated at tests/files/cli/input/c-memory.lang:20:19 in main, freed at tests/files/cli/input/c-memory.lang:65:17 in main
;| tests/files/cli/input/c-memory.lang:66:19
;|     in main
;= status
;| Some(101)
