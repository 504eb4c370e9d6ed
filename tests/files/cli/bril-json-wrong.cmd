;@ lang: check tests/files/library/bril-wrong.json
