;@ lang: build tests/files/cli/input/power.lang -O2 --emit ir -o /dev/null --func power
;= stderr
;| error: the following required arguments were not provided:
;|   --print-after <PASS>
;|
;| Usage: lang build --print-after <PASS> --opt-level <LEVEL> --emit <FORM> --output <FILE> --func <NAME> <PATH>
;|
;| For more information, try '--help'.
;= status
;| Some(2)
