;@ lang: dot tests/files/cli/input/power.lang -T png
;= stderr
;| error: a picture does not go to standard output: name a file with -o
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
