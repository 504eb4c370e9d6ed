;@ lang: dot tests/files/cli/input/power.lang --what egraph
;= stderr
;| error: an e-graph is of one function: name it behind the file
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
