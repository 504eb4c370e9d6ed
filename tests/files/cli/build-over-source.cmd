;@ lang: build tests/files/cli/input/hello.lang -o tests/files/cli/input/hello.lang
;= stderr
;| error: cannot write tests/files/cli/input/hello.lang: it is the source of the program
;= status
;| Some(1)
