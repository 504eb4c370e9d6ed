;@ lang: fmt -
;@ stdin: fn f( {\n
;= stderr
;| error[E0101]: expected a parameter, found `{`
;|  --> <stdin>:1:7
;|   |
;| 1 | fn f( {
;|   |       ^ expected a parameter
;|
;| error: 1 error found
;= status
;| Some(1)
