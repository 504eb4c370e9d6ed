;@ lang: check --const-fuel 100 tests/files/cli/input/spin.lang
;= stderr
;| error[E0346]: evaluating this constant takes more than 100 instructions
;|  --> tests/files/cli/input/spin.lang:1:55
;|   |
;| 1 | fn spin(n: i64) -> i64 { var t = 0; for i in 0..n { t += i; } t }
;|   |                                                       ^^ it was stopped here
;| 2 | const A = spin(100);
;|   |           ---------
;|   |           |   |
;|   |           |   `spin` is called here
;|   |           in this constant
;|   |
;|   = help: `--const-fuel N` allows more, if it is not an endless loop
;|
;| error: 1 error found
;= status
;| Some(1)
