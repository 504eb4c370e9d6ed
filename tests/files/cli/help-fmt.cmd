;@ lang: fmt --help
