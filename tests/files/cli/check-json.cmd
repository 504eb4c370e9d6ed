;@ lang: check tests/files/cli/input/errors.lang --json
;= stdout
;| {"severity":"error","code":"E0302","message":"`+` is not defined for `i64` and `str`","file":"tests/files/cli/input/errors.lang","line":2,"column":13,"end_line":2,"end_column":14,"label":"","secondary":[{"file":"tests/files/cli/input/errors.lang","line":2,"column":11,"end_line":2,"end_column":12,"label":"this is `i64`"},{"file":"tests/files/cli/input/errors.lang","line":2,"column":15,"end_line":2,"end_column":20,"label":"this is `str`"}],"notes":[],"helps":[{"message":"join strings with an f-string: `f\"{a}{b}\"`"}]}
;= status
;| Some(1)
