;@ lang: test tests/files/cli/input/hello.lang
;= stdout
;| 0 passed, 0 failed
;= stderr
;| note: there are no tests in tests/files/cli/input/hello.lang
