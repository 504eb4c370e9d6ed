;@ lang: build tests/files/cli/input/power.lang -O2 --emit ir -o /dev/null --print-after inline --func powre
;= stderr
;| error: there is no function `powre` (did you mean `power`?); there are power, main, lang_main
;= status
;| Some(1)
