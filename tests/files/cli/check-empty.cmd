;@ lang: check tests/files/cli/input/empty.lang
