;@ lang: build -O tests/files/cli/input/hello.lang --emit ir --disable-rule imul-pow3 -o /dev/null
;= stderr
;| error: there is no rule `imul-pow3` (did you mean `imul-pow2`?); `lang rules` lists them
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
