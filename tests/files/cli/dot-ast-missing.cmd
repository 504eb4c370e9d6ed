;@ lang: dot tests/files/run/modules/main.lang local.bath --what ast
;= stderr
;| error: there is no function or module `local.bath` in tests/files/run/modules/main.lang
;= status
;| Some(1)
