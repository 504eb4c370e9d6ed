;@ lang: build tests/files/cli/input/missing-function.lang
;= stderr
;| error[E0703]: there is no foreign function `no_such_function`
;|  --> tests/files/cli/input/missing-function.lang:3:8
;|   |
;| 3 |     fn no_such_function(x: f64) -> f64;
;|   |        ^^^^^^^^^^^^^^^^
;|   |
;|   = note: looked for it in `m` and in the C library
;|
;| error: 1 error found
;= status
;| Some(1)
