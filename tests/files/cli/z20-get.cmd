;@ lang: get tests/files/cli/input/annotations.lang
;= stdout
;| tests/files/cli/input/annotations.lang:1:5: NOTE: the text of a comment
;| tests/files/cli/input/annotations.lang:2:5: TODO(ann): document what it does
;| tests/files/cli/input/annotations.lang:4:8: FIXME: mend this, then
;| tests/files/cli/input/annotations.lang:4:30: XXX(bob): that
;| tests/files/cli/input/annotations.lang:5:44: HACK: one
;| tests/files/cli/input/annotations.lang:5:56: TODO: nested
;| tests/files/cli/input/annotations.lang:6:8: NOTE: further down
;| tests/files/cli/input/annotations.lang:10:22: XXX: in an expression
