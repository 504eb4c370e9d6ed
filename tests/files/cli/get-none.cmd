;@ lang: get tests/files/cli/input/hello.lang TODO HACK
;= stderr
;| note: there is no TODO, HACK in tests/files/cli/input/hello.lang
