;@ lang: test tests/files/cli/input/test-wrong.lang
;= stdout
;| ok      example 1 of handle
;| FAILED  example 2 of handle: compiles, though it is marked as wrong
;| ok      example 3 of handle
;| ok      example 4 of handle
;|
;| example 2 of handle: compiles, though it is marked as wrong
;|   at tests/files/cli/input/test-wrong.lang:11:4
;|
;| 3 passed, 1 failed
;= status
;| Some(1)
