;@ lang: --version
;= stdout
;| lang 0.1.0
