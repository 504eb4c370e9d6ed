;@ lang: rules no-such-rule
;= stderr
;| error: no rule has `no-such-rule` in its name
;= status
;| Some(1)
