;@ lang: dot tests/files/run/b18-reexport/main.lang --what imports
;= stdout
;| digraph imports {
;|   node [shape=box, fontname="monospace", fontsize=10];
;|   edge [fontname="monospace", fontsize=9];
;|     0 [ label="(main)\ntests/files/run/b18-reexport/main.lang"]
;|     1 [ label="facade\ntests/files/run/b18-reexport/facade.lang"]
;|     2 [ label="deep.inner\ntests/files/run/b18-reexport/deep/inner.lang"]
;|     3 [ label="deep.more\ntests/files/run/b18-reexport/deep/more.lang"]
;|     0 -> 1 [ ]
;|     0 -> 2 [ ]
;|     1 -> 2 [ style=bold, label="pub"]
;|     1 -> 3 [ style=bold, label="pub"]
;|     3 -> 2 [ style=bold, label="pub"]
;|     3 -> 1 [ style=bold, label="pub"]
;| }
