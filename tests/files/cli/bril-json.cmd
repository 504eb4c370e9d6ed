;@ lang: sim -p tests/files/library/bril.json -- 4 true 2.5 é
;= stdout
;| 4 true 2.50000000000000000 é
;| 8 1.00000000000000000
;= stderr
;| total_dyn_inst: 17
