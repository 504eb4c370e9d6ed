;@ lang: run tests/files/cli/input/trap.lang
;= stdout
;| before
;= stderr
;| error: index 3 is out of bounds for length 3
;| tests/files/cli/input/trap.lang:4:12
;|     in main
;= status
;| Some(101)
