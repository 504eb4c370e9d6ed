;@ lang: test tests/files/cli/input/test-constants.lang
;= stdout
;| ok      example of first_line
;| ok      constants of a test call functions for tests
;| ok      so do those of such functions
;|
;| 3 passed, 0 failed
