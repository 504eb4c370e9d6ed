;@ lang: check tests/files/cli/input/test-warnings.lang --json
;= stdout
;| {"severity":"error","code":"E0201","message":"there is no `prnt` here","file":"tests/files/cli/input/test-warnings.lang","line":3,"column":5,"end_line":3,"end_column":9,"label":"not found","secondary":[],"notes":[],"helps":[{"message":"did you mean `print`?","replacement":{"file":"tests/files/cli/input/test-warnings.lang","line":3,"column":5,"end_line":3,"end_column":9,"text":"print"}}]}
;= status
;| Some(1)
