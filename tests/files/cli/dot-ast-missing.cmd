;@ lang: dot tests/files/run/z27-modules/main.lang local.bath --what ast
;= stderr
;| error: there is no function or module `local.bath` in tests/files/run/z27-modules/main.lang
;= status
;| Some(1)
