;@ lang: fmt -
;@ stdin: fn f(a:i64)->i64{a*-2}\nprint(f(1));
;= stdout
;| fn f(a: i64) -> i64 { a * -2 }
;| print(f(1));
