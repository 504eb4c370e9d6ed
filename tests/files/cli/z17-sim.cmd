;@ lang: sim tests/files/trap/z32-unreachable.lang
;= stdout
;| 4
;= stderr
;| error: unreachable code was reached
;| tests/files/trap/z32-unreachable.lang:5:14
;|     in half
;|     in main
;= status
;| Some(101)
