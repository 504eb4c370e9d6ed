;@ lang: get WHAT
;= stderr
;| error: `WHAT` is neither an annotation (TODO, FIXME, NOTE, HACK, XXX) nor a file or folder that is there
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
