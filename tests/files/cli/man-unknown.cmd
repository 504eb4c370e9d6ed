;@ lang: man what
;= stderr
;| error: there is no command `what`; there are build, run, sim, check, test, get, fmt, new, clean, dot, rules, completions, man, help
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
