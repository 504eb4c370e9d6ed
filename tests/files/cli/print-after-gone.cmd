;@ lang: build tests/files/cli/input/power.lang -O2 --emit ir -o /dev/null --print-after dead-functions --func power
;= stdout
;| ; after dead-functions
;| ; there is no function power any more
;|
