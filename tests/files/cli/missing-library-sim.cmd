;@ lang: sim tests/files/cli/input/missing-library.lang -L there
;= stderr
;| error[E0701]: there is no library `no_such_library`
;|  --> tests/files/cli/input/missing-library.lang:2:7
;|   |
;| 2 | #link "no_such_library" {
;|   |       ^^^^^^^^^^^^^^^^^
;|   |
;|   = note: looked for libno_such_library.so and libno_such_library.a in tests/files/cli/input, tests/files/cli/input/native, there, the folders of the system
;|   = help: `#link_path "dir";`, the option `-L dir` or the variable LANG_LINK_PATH name more folders
;|
;| error: 1 error found
;= status
;| Some(1)
