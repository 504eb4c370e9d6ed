;@ lang: test tests/files/cli/input/test-errors.lang
;= stderr
;| error[E0301]: expected `i64`, found `str`
;|  --> tests/files/cli/input/test-errors.lang:2:18
;|   |
;| 2 |     let n: i64 = "text";
;|   |                  ^^^^^^ this is `str`
;|
;| error: 1 error found
;= status
;| Some(1)
