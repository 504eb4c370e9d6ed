;@ lang: run tests/files/cli/input/hello.lang
;= stdout
;| hello
