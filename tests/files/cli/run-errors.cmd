;@ lang: run tests/files/cli/input/errors.lang
;= stderr
;| error[E0302]: `+` is not defined for `i64` and `str`
;|  --> tests/files/cli/input/errors.lang:2:13
;|   |
;| 2 |     print(1 + "two");
;|   |           - ^ ----- this is `str`
;|   |           |
;|   |           this is `i64`
;|   |
;|   = help: join strings with an f-string: `f"{a}{b}"`
;|
;| error: 1 error found
;= status
;| Some(1)
