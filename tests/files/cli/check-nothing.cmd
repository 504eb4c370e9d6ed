;@ lang: check
;= stderr
;| error: the following required arguments were not provided:
;|   <PATH>
;|
;| Usage: lang check <PATH>
;|
;| For more information, try '--help'.
;= status
;| Some(2)
