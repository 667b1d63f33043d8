# The commands of this repository; `make help` lists them.
#
# A fresh machine needs make and Python 3.11, 3.12 or 3.13 with its venv module. Everything else comes into .venv/ from
# the locks, by hash. PYTHON=... chooses the interpreter; PIP_* variables and pip's own configuration reach pip.

SHELL := /bin/sh
.SHELLFLAGS := -ec
.ONESHELL:

PORT ?= 8000
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help serve test long lint bench lock clean runtime dev proxies

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

serve: runtime ## the registry with demonstration data on 127.0.0.1:8000 (PORT= for another)
	@exec $(BIN)/registry serve --demo --data-dir var --port $(PORT)

test: lint proxies ## lint, then every test, a file of tests at a time on each core (up to four)
	@exec $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

long: dev ## what `make test` does a few times, 200 times; serving processes killed; attacks under planted bugs; the model, 500 runs of 40 steps
	@LONG_ROUNDS=200 $(BIN)/pytest tests/identities/test_writers.py tests/lookups/test_processes.py
	$(BIN)/pytest tests/attacks --planted
	MODEL_EXAMPLES=500 MODEL_STEPS=40 $(BIN)/pytest tests/model

lint: dev ## style, types, the order of imports, the published schemas
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/registry contract check

bench: dev ## every measurement in bench/; each prints its ratio
	@for file in $(filter-out bench/bench_%,$(wildcard bench/*.py)); do $(BIN)/python "$$file"; done

lock: ## both locks anew from pyproject.toml; delete a lock first to upgrade what it pins
	@$(environment)
	lock

clean: ## remove .venv/ and the caches; var/ and its data stay
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

runtime:
	@$(environment)
	ready requirements.lock

dev:
	@$(environment)
	ready requirements-dev.lock

# The proxies that the tests run for real, where this may install them: Debian and Ubuntu, as root or where sudo asks for
# no password. It is tried once for each .venv/, starts none of their services, and never fails: without them their tests
# are skipped, or fail where TEST_NEEDS names them.
proxies: dev
	@PATH="$$PATH:/usr/sbin:/sbin"
	missing=
	for program in haproxy nginx curl; do
	    command -v "$$program" >/dev/null || missing="$$missing $$program"
	done
	if [ -z "$$missing" ] || [ -e .venv/proxies.stamp ] || ! command -v apt-get >/dev/null; then exit 0; fi
	touch .venv/proxies.stamp
	if [ "$$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
	timeout 300 $$root sh -ec '
	    export DEBIAN_FRONTEND=noninteractive
	    policy=/usr/sbin/policy-rc.d
	    if [ ! -e "$$policy" ]; then
	        trap "rm -f $$policy" EXIT
	        printf "#!/bin/sh\nexit 101\n" >"$$policy"
	        chmod 755 "$$policy"
	    fi
	    apt-get -qq update
	    apt-get -qq --yes --no-install-recommends install "$$@"
	' install $$missing </dev/null >.venv/proxies.log 2>&1 || true

# --- .venv/ ---
#
# A stamp for each lock holds a fingerprint of the lock, the interpreter and this folder. It is written last and removed
# before pip starts, so a half-made .venv/ has no stamp and is made again. With the stamps in place pip is not called.

define environment
# Prints the fingerprint of lock $$2 under interpreter $$1; fails when that does not run or is out of range.
fingerprint() {
    "$$1" -c 'import hashlib, os, sys; assert (3, 11) <= sys.version_info < (3, 14); \
        parts = sys.base_prefix, sys.version, os.getcwd(), open(sys.argv[1], "rb").read(); \
        print(hashlib.sha256(repr(parts).encode()).hexdigest())' "$$2" 2>/dev/null
}

stamped() { # stamped LOCK INTERPRETER
    [ -s ".venv/$$1.stamp" ] && [ "$$(cat ".venv/$$1.stamp")" = "$$(fingerprint "$$2" "$$1")" ]
}

find_python() {
    for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do
        if fingerprint "$$python" /dev/null >/dev/null; then return; fi
    done
    echo "Python 3.11, 3.12 or 3.13 is needed; none of these is one that runs:" \
        "$(or $(PYTHON),python3.13 python3.12 python3.11 python3)." >&2
    echo "Debian, Ubuntu: apt install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.13 ..." >&2
    exit 1
}

# Without ensurepip (Debian keeps it in a package of its own) the interpreter's own pip serves, when it has one.
make_venv() { # make_venv FOLDER
    rm -rf "$$1"
    if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$$python" -m venv "$$1"
    elif "$$python" -m pip --version >/dev/null 2>&1; then
        "$$python" -m venv --without-pip "$$1"
    else
        package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        echo "$$python has neither its venv module nor pip. Debian, Ubuntu: apt install $$package" >&2
        exit 1
    fi
}

pip_install() { # pip_install FOLDER ARGUMENTS...
    folder=$$1
    shift
    set -- install --quiet --disable-pip-version-check --no-input --no-compile "$$@"
    if [ -x "$$folder/bin/pip" ]; then
        "$$folder/bin/python" -m pip "$$@"
    else
        host=$$("$$folder/bin/python" -c 'import sys; print(sys._base_executable)')
        "$$host" -m pip --python "$$folder/bin/python" "$$@"
    fi
}

# The development lock contains the runtime lock, so it is added to a .venv/ that holds no more than that.
ready() { # ready LOCK
    if command -v flock >/dev/null; then
        exec 9>.venv.lock
        flock 9
    fi
    current=$(or $(PYTHON),.venv/bin/python)
    if ! stamped "$$1" "$$current"; then
        if ! stamped requirements.lock "$$current" || [ -e ".venv/$$1.stamp" ]; then
            find_python
            make_venv .venv
        fi
        echo "Installing $$1 into .venv/ ($$(.venv/bin/python --version)); once, about a minute ..."
        rm -f .venv/*.stamp
        pip_install .venv --require-hashes -r "$$1"
        for lock in requirements.lock "$$1"; do
            fingerprint .venv/bin/python "$$lock" >".venv/$$lock.stamp"
        done
    fi
    if ! cmp -s pyproject.toml .venv/pyproject.stamp; then
        pip_install .venv --no-deps --no-build-isolation --editable .
        cp pyproject.toml .venv/pyproject.stamp
    fi
}

lock() {
    find_python
    make_venv build/lock
    pip_install build/lock 'uv==0.13.*'
    compile="build/lock/bin/uv pip compile --quiet --no-header --annotation-style line pyproject.toml"
    compile="$$compile --universal --python-version 3.11 --generate-hashes"
    $$compile --group build --output-file requirements.lock
    $$compile --group dev --constraint requirements.lock --output-file requirements-dev.lock
    sed -i '1i # Written by `make lock`, not by hand.' requirements.lock requirements-dev.lock
}
endef
