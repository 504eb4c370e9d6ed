;@ lang: test tests/files/cli/input/tests.lang of_sample
;= stdout
;| 0 passed, 0 failed, 12 left out
;= stderr
;| warning[W0201]: variable `n` is never used
;|   --> tests/files/cli/input/tests.lang:64:9
;|    |
;| 64 |     var n = 0;
;|    |         ^
;|    |
;| help: if this is intended, name it `_n`
;|    |
;| 64 |     var _n = 0;
;|    |         +
;|
;| note: no test in tests/files/cli/input/tests.lang has `of_sample` in its name
