; `-I` adds a folder after that of the main file.
;@ lang: run -I tests/files/run/c16-import_path/lib tests/files/cli/input/imports.lang
;= stdout
;| 40
