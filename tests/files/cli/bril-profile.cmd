;@ lang: sim -p tests/files/bril/phi-loop.bril -- 10
