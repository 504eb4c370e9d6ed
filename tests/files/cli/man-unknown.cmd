;@ lang: man what
;= stderr
;| error: there is no command `what`; there are build, run, sim, check, test, get, fmt, dot, rules, completions, man, help
;| error: there is no command `what`; there are build, run, sim, check, test, get, new, clean, dot, rules, completions, man, help
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
