;@ lang: test tests/files/cli/input/tests
;= stdout
;| tests/files/cli/input/tests/main.lang
;| ok      of the main file
;| ok      example of area
;| ok      example of one
;| ok      in a module
;| ok      of a module
;|
;| 5 passed, 0 failed
