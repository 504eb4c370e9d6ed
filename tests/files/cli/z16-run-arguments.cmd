;@ lang: run tests/files/cli/input/arguments.lang -- one -two --three
;= stdout
;| 0 one
;| 1 -two
;| 2 --three
