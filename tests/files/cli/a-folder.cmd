;@ lang: check tests/files/cli/folder.lang
;= stderr
;| error: cannot read tests/files/cli/folder.lang: Is a directory (os error 21)
;= status
;| Some(1)
