;@ lang: check
;= stderr
;| error: which program? Name its file (.lang); or run this in a project: neither this folder nor one above has a lang.toml.
;| `lang new NAME` makes a project.
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
