;@ lang: fmt --check tests/files/cli/input/hello.lang
