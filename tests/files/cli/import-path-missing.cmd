;@ lang: check -I tests/files/cli tests/files/cli/input/imports.lang
;= stderr
;| error[E0216]: there is no module `tools`
;|  --> tests/files/cli/input/imports.lang:1:8
;|   |
;| 1 | import tools;
;|   |        ^^^^^ not found
;|   |
;|   = note: looked for tests/files/cli/input/tools.lang (the folder of the main file)
;|   = note: looked for tests/files/cli/tools.lang (-I)
;|
;| error: 1 error found
;= status
;| Some(1)
