;@ lang: fmt - --check
;@ stdin: print(1);\n
