;@ lang: build tests/files/cli/input/power.lang --emit ir,asm -o out
;= stderr
;| error: -o names one file, but --emit asks for several
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
