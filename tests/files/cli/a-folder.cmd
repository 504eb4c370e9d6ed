;@ lang: check tests/files/cli/input/folder.lang
;= stderr
;| error: which program? Name its file (.lang); or run this in a project: neither tests/files/cli/input/folder.lang nor one above has a lang.toml.
;| `lang new NAME` makes a project.
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
