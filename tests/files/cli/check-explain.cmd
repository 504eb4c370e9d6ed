;@ lang: check --explain e0106
;= stdout
;| E0106: a chained comparison
;|
;| A comparison gives a `bool`, which cannot be compared further with a number. Join two comparisons with `&&`.
;|
;| With it:
;|
;|     fn main() { let x = 5; print(0 < x < 10); }
;|
;| Without:
;|
;|     fn main() { let x = 5; print(0 < x && x < 10); }
