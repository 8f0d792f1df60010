# Every command that people and CI use. `make demo` and `make test` set themselves up.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint type format bench soak wheel colcon lock clean

# One stamp per kind of environment: sourcing ROS later makes a new one.
READY := .venv/.ready-$(or $(ROS_DISTRO),pip)
INPUTS := pyproject.toml constraints.txt scripts/setup
IN := scripts/run
BIN := .venv/bin

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv and install Surefoot into it (PYTHON=python3.12 chooses the interpreter)

demo: $(READY) ## An arm learns in its twin and is driven over ROS 2; ends in a report (ARGS="--help")
	@$(IN) surefoot demo $(ARGS)

test: $(READY)-dev lint type ## Lint, types and all tests (ARGS="-m 'not slow' tests/safety")
	@$(IN) python -m pytest $(ARGS); status=$$?; [ $$status -eq 1 ] || exit $$status; \
	echo "[test] some failed; these once more, with graphs of their own:"; \
	$(IN) python -m pytest --last-failed --last-failed-no-failures none $(ARGS)

lint: $(READY)-dev ## Rules and formatting (ruff), spelling (codespell)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell

type: $(READY)-dev ## mypy --strict over rl_agent and sim
	@$(BIN)/mypy

format: $(READY)-dev ## Rewrite the files in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)-dev ## Measure the figures that the project promises (ROWS="path-a path-d", ARGS=--quick)
	@$(IN) python tests/benchmarks/run.py $(or $(ROWS),path) $(ARGS)

soak: $(READY) ## Drive the twin for an hour and watch memory and timing (SOAK_MIN=60)
	@$(IN) surefoot faults --row 40 --soak-min $(or $(SOAK_MIN),60) --out runs/soak $(ARGS)

wheel: $(READY)-dev ## Build dist/surefoot-*.whl
	@rm -rf build # setuptools packs what an earlier build left there
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build surefoot.egg-info
	@ls dist/*.whl

colcon: ## Build the ROS workspace with colcon, from .venv
	@$(BIN)/python -c 'import colcon_core' 2>/dev/null || scripts/setup dev
	@$(IN) python -m colcon --log-base ros_ws/log build --base-paths ros_ws/src \
		--build-base ros_ws/build --install-base ros_ws/install

lock: $(READY)-dev ## Pin constraints.txt to what .venv holds
	@$(BIN)/python scripts/lock.py > .venv/lock.txt && mv .venv/lock.txt constraints.txt

clean: ## Remove everything that was built, .venv included; runs/ stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf ros_ws/build ros_ws/install ros_ws/log

$(READY): $(INPUTS)
	@scripts/setup

$(READY)-dev: $(INPUTS)
	@scripts/setup dev
