;@ lang: sim -p tests/files/bril/phi-loop.bril -- 10
;= stdout
;| 34 55
;= stderr
;| total_dyn_inst: 73
