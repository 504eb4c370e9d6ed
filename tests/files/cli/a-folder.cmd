;@ lang: check tests/files/cli/input/folder.lang
;= stderr
;| error: cannot read tests/files/cli/input/folder.lang: Is a directory (os error 21)
;= status
;| Some(1)
