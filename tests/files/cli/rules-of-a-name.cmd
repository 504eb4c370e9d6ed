;@ lang: rules urem-pow2
;= stdout
;| divide
;|   urem-pow2                    x mod 2^k = the low k bits
;|       (urem ?x $c)  =>  (band ?x {isub $c 1})
;|       if (pow2 $c)
;|       tier A; proved by z3 4.8.12 on bit-vectors at i8 i16 i32; proved by z3 4.8.12 on bit-vectors, by cases, at i64 i128
;| 1 rule
