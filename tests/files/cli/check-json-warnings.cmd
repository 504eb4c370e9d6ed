;@ lang: check tests/files/cli/input/test-warnings.lang --json
;= stdout
;| {"severity":"warning","code":"W0201","message":"variable `a` is never used","file":"tests/files/cli/input/test-warnings.lang","line":2,"column":9,"end_line":2,"end_column":10,"label":"","secondary":[],"notes":[],"helps":[{"message":"if this is intended, name it `_a`","replacement":{"file":"tests/files/cli/input/test-warnings.lang","line":2,"column":9,"end_line":2,"end_column":10,"text":"_a"}}]}
;| {"severity":"error","code":"E0201","message":"there is no `prnt` here","file":"tests/files/cli/input/test-warnings.lang","line":3,"column":5,"end_line":3,"end_column":9,"label":"not found","secondary":[],"notes":[],"helps":[{"message":"did you mean `print`?","replacement":{"file":"tests/files/cli/input/test-warnings.lang","line":3,"column":5,"end_line":3,"end_column":9,"text":"print"}}]}
;= status
;| Some(1)
