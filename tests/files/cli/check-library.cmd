;@ lang: check tests/files/cli/input/library.lang
