;@ lang: rules --help
;= stdout
;| List the rewrite rules of the optimizer
;|
;| Usage: lang rules [NAME]
;|
;| Arguments:
;|   [NAME]  Only rules whose name contains this
;|
;| Options:
;|   -h, --help  Print help
;|
;| Examples:
;|   lang rules                                      all of them
;|   lang rules urem-                                those with this in their name, in full
