;@ lang: fmt -
;@ stdin: fn f( {\n