;@ lang: test tests/files/cli/input/tests/main.lang module
;= stdout
;| ok      in a module
;| ok      of a module
;|
;| 2 passed, 0 failed, 3 left out
