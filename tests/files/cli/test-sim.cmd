;@ lang: test tests/files/cli/input/tests.lang fails --sim
;= stdout
;| FAILED  fails: trapped
;|
;| fails: trapped
;|   at tests/files/cli/input/tests.lang:49:6
;|   standard output:
;|     before
;|   standard error:
;|     error: assertion failed: two is not three
;|     tests/files/cli/input/tests.lang:51:11
;|         in test.fails
;|
;| 0 passed, 1 failed, 11 left out
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
;= status
;| Some(1)
