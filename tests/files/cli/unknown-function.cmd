;@ lang: dot tests/files/cli/input/hello.lang mian
;= stderr
;| error: there is no function `mian` (did you mean `main`?); there are main, lang_main
;= status
;| Some(1)
