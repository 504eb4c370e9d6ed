;@ lang: fmt --check tests/files/cli/input/unformatted.lang tests/files/cli/input/hello.lang
