# make        builds build/ngx_clear_status_module.so, installs nothing
# make deps   installs what the build, the run and the tests need
# make run    the gateway on 127.0.0.1:8080, PORT=9090 make run for another;
#             FLEET=3: three of them, that share a Redis
# make test   every test; TESTS=t/one.t for some of them;
#             SANITIZE=address,undefined, VALGRIND=1 or FIPS=1: see
#             docs/testing.md
# make deb    build/libnginx-mod-http-clear-status_*.deb, for Debian's nginx
# make dist   build/ngx_clear_status_module-*.tar.gz, the same each time, with a
#             bill of materials (SPDX) and SHA-256 sums
# make bench  the benchmark table, peers side by side; BENCH=hit for some of it
# make bench-instructions  user instructions for a hit; MISS=1 for a miss
# make soak   mixed load with faults; MINUTES=10
# make fuzz   each parser of the plain C for a while; SECONDS=60
# make coverage  how much of src/ the tests run
# make fresh  what README says, on a Debian that has nothing; takes root;
#             SUITE=trixie for another Debian, TESTS for some tests
# make lint   clang-tidy, cppcheck, and clang's warnings
# make clean  removes what was built
# make help   this
#
# NGINX_SRC=/path/to/nginx builds against that source tree.

TESTS ?=
MINUTES = 10
SECONDS = 60
export FIPS JOBS SANITIZE VALGRIND

.PHONY: all deps run test deb dist bench bench-instructions soak fuzz lint \
	coverage fresh clean help

all:
	+@tools/build

deps:
	@tools/deps test

run:
	@tools/deps $(if $(FLEET),fleet)
	+@tools/build
	@exec demo/run

test: deps
	+@tools/build
	+@tools/test $(TESTS)

deb:
	@tools/deps deb
	@tools/deb

dist:
	@tools/dist

bench:
	@tools/deps bench
	+@tools/build
	@bench/run.pl $(BENCH)

bench-instructions:
	@tools/deps bench
	+@tools/build
	@bench/instructions.pl

soak: deps
	+@tools/build
	@bench/soak.pl --minutes $(MINUTES)

fuzz:
	@tools/deps fuzz
	+@$(MAKE) --no-print-directory -C t/fuzz fuzz SECONDS=$(SECONDS)

coverage: deps
	+@COVERAGE=1 tools/test $(TESTS)

fresh:
	@tools/fresh

lint:
	@tools/deps lint
	+@tools/build
	@tools/lint

clean:
	rm -rf build

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
