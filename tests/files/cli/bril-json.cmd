;@ lang: sim -p tests/files/library/bril.json -- 4 true 2.5 é
