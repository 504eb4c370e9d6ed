;@ lang: check tests/files/cli/input/not-utf8.lang
;= stderr
;| error[E0001]: this file is not valid UTF-8
;|  --> tests/files/cli/input/not-utf8.lang:2:15
;|   |
;| 2 |     print("caf�");
;|   |               ^ the first byte that is not
;|
;| error: 1 error found
;= status
;| Some(1)
