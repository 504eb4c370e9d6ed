;@ lang: get tests/files/cli/input --json NOTE fixme
;= stdout
;| {"file":"tests/files/cli/input/annotations.lang","line":1,"column":5,"tag":"NOTE","text":"the text of a comment"}
;| {"file":"tests/files/cli/input/annotations.lang","line":4,"column":8,"tag":"FIXME","text":"mend this, then"}
;| {"file":"tests/files/cli/input/annotations.lang","line":6,"column":8,"tag":"NOTE","text":"further down"}
