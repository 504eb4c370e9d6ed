;@ lang: completions elvish-shell
;= stderr
;| error: invalid value 'elvish-shell' for '<SHELL>'
;|   [possible values: bash, elvish, fish, powershell, zsh]
;|
;|   tip: a similar value exists: 'elvish'
;|
;| For more information, try '--help'.
;= status
;| Some(2)
