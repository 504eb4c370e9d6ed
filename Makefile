# `make demo` and `make test` do everything on a fresh Debian or Ubuntu machine with a Rust toolchain.
.PHONY: demo test setup lint bench clean

LANG_BIN := target/release/lang
DEMO := target/demo

demo:
	@feature=$$(scripts/setup) && cargo build --release --features $$feature
	@mkdir -p $(DEMO)
	$(LANG_BIN) build examples/nbody.lang --release -o $(DEMO)/nbody
	$(LANG_BIN) dot examples/nbody.lang advance -T svg -o $(DEMO)/nbody.svg
	@echo "energy after 100000 steps:"
	@$(DEMO)/nbody 100000
	@echo "control-flow graph of the function advance: $(DEMO)/nbody.svg"

test:
	@feature=$$(scripts/setup) && scripts/test $$feature

setup:
	@scripts/setup

lint:
	cargo fmt --all --check
	@feature=$$(scripts/setup) && cargo clippy --workspace --all-targets --features $$feature -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --workspace --no-deps --exclude lang-llvm

bench:
	@benches/run

clean:
	cargo clean
