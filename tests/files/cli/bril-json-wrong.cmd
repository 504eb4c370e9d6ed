;@ lang: check tests/files/library/bril-wrong.json
;= stderr
;| error[E1001]: expected a number of 64 bits, `true`, `false` or a character
;|  --> tests/files/library/bril-wrong.json:3:58
;|   |
;| 3 |     {"op": "const", "dest": "x", "type": "int", "value": 99999999999999999999},
;|   |                                                          ^^^^^^^^^^^^^^^^^^^^
;|
;| error[E1002]: there is no operation `ad`
;|  --> tests/files/library/bril-wrong.json:4:13
;|   |
;| 4 |     {"op": "ad", "dest": "y", "type": "int", "args": ["x", "x"]},
;|   |             ^^
;|   |
;| help: did you mean `add`?
;|   |
;| 4 |     {"op": "add", "dest": "y", "type": "int", "args": ["x", "x"]},
;|   |               +
;|
;| error[E1004]: there is no type `integer`
;|  --> tests/files/library/bril-wrong.json:5:43
;|   |
;| 5 |     {"op": "const", "dest": "z", "type": "integer", "value": 1},
;|   |                                           ^^^^^^^
;|   |
;|   = help: types are `int`, `bool`, `float`, `char` and `ptr<T>`
;|
;| error[E1001]: an instruction has either `op` or `label`
;|  --> tests/files/library/bril-wrong.json:6:5
;|   |
;| 6 |     {"label": "l", "op": "nop"},
;|   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
;|
;| error[E1001]: invalid type: integer `5`, expected a string
;|  --> tests/files/library/bril-wrong.json:7:12
;|   |
;| 7 |     {"op": 5}
;|   |            ^
;|
;| error[E1001]: missing field `name`
;|  --> tests/files/library/bril-wrong.json:9:16
;|   |
;| 9 |   {"instrs": []}
;|   |                ^
;|
;| error: 6 errors found
;= status
;| Some(2)
