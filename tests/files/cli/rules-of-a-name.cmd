;@ lang: rules urem-pow2
;= stdout
;| divide
;|   urem-pow2                    x mod 2^k = the low k bits
;|       (urem ?x $c)  =>  (band ?x {isub $c 1})
;|       if (pow2 $c)
;|       tier A
;| 1 rule
