;@ lang: fmt tests/files/cli/input/scale.ir
