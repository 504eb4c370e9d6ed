;@ lang: test tests/files/cli/input/tests.lang --timeout 3 --jobs 3
;= stdout
;| ok      example of gcd
;| ok      example 1 of sample
;| FAILED  example 2 of sample: does not compile
;| FAILED  example 3 of sample: does not compile
;| ok      passes
;| ok      globals have their values, and there are no arguments
;| ok      #test_only functions are seen
;| FAILED  fails: trapped
;| FAILED  leaves with a status: ended with status 3
;| FAILED  leaves too early: left by `exit(0)` before its end
;| FAILED  does not end: did not end within 3 seconds
;| FAILED  crashes: trapped
;|
;| example 2 of sample: does not compile
;|   at tests/files/cli/input/tests.lang:22:4
;|   standard error:
;|     error[E0301]: expected `bool`, found `i64`
;|       --> tests/files/cli/input/tests.lang:23:23
;|        |
;|     23 | /// let wrong: bool = sample();
;|        |                       ^^^^^^^^ this is `i64`
;|        |
;|     help: compare it
;|        |
;|     23 | /// let wrong: bool = sample() != 0;
;|        |                                ++++
;|
;| example 3 of sample: does not compile
;|   at tests/files/cli/input/tests.lang:25:4
;|   standard error:
;|     error[E0101]: expected an expression, found `}`
;|       --> tests/files/cli/input/tests.lang:27:1
;|        |
;|     27 | /// ```
;|        | ^ expected an expression
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
;| leaves with a status: ended with status 3
;|   at tests/files/cli/input/tests.lang:55:6
;|
;| leaves too early: left by `exit(0)` before its end
;|   at tests/files/cli/input/tests.lang:59:6
;|
;| does not end: did not end within 3 seconds
;|   at tests/files/cli/input/tests.lang:63:6
;|
;| crashes: trapped
;|   at tests/files/cli/input/tests.lang:68:6
;|   standard error:
;|     error: nil pointer
;|     tests/files/cli/input/tests.lang:68:6
;|         in test.crashes
;|
;| 5 passed, 7 failed
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
