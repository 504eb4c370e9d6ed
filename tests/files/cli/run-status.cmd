;@ lang: run tests/files/cli/input/status.lang
;= stdout
;| about to return 3
;= status
;| Some(3)
