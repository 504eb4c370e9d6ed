;@ lang: test tests/files/cli/input/script-tests.lang
;= stdout
;| ok      variables are there
;| ok      each test begins anew
;|
;| 2 passed, 0 failed
;= stderr
;| warning[W0205]: the result of this operation is not used
;|  --> tests/files/cli/input/script-tests.lang:5:1
;|   |
;| 5 | total == 6;
;|   | ^^^^^^^^^^
;|   |
;| help: did you mean to assign?
;|   |
;| 5 - total == 6;
;| 5 + total = 6;
;|   |
;|
