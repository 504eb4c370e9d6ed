;@ lang: build tests/files/cli/input/hello.lang -o tests
;= stderr
;| error: cannot write tests: it is a folder
;= status
;| Some(1)
