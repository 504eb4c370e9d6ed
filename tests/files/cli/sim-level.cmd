;@ lang: sim tests/files/cli/input/hello.lang -O2
;= stdout
;| hello
