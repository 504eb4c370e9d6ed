;@ lang: build -O tests/files/cli/input/hello.lang --emit ir --print-after licm -o /dev/null
;= stderr
;| error: there is no pass `licm`; there are lowered, sroa, constants, simplify, restrict, dead-code, inline, dead-functions, sroa-2, constants-2, simplify-2, dead-code-2, egraph, loop-versions, simplify-3, dead-code-3, and all
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
