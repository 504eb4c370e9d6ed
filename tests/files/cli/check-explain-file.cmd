;@ lang: check --explain E0106 x.lang
;= stderr
;| error: the argument '--explain <CODE>' cannot be used with one or more of the other specified arguments
;|
;| Usage: lang check [OPTIONS] [PATH]
;|
;| For more information, try '--help'.
;= status
;| Some(2)
