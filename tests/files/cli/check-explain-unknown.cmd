;@ lang: check --explain E9999
;= stderr
;| error: there is no error or warning `E9999`
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
