;@ lang: fmt --check tests/files/cli/input/unformatted.lang tests/files/cli/input/hello.lang
;= stdout
;| tests/files/cli/input/unformatted.lang is not formatted
;= status
;| Some(1)
