# make help says what there is. Everything runs in .venv, which is made when it is missing or out of date.

# What people set, in the environment or after `make`, with whatever it holds: not expanded here, and passed to the
# recipes in the environment, where spaces and quotes are safe. ARGS is the exception: words for the shell.
$(foreach name,STUDENTS ROSTER KEEP PODS_LAB_CONTEXT PODS_LAB_KUBECONFIG ARGS, \
  $(eval override export $(name) := $$(value $(name))))

# make --silent shows no progress either.
ifneq (,$(findstring s,$(firstword -$(MAKEFLAGS))))
  export KUBELABS_PODS_PROGRESS ?= off
endif

# In these locales Ansible does not run.
ifneq (,$(filter C POSIX,$(LC_ALL)))
  export LC_ALL := C.UTF-8
endif

# Molecule and ansible-lint look for Ansible's programs there.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PLAYBOOK := .venv/bin/ansible-playbook
WITH_LAB_VARS := vars=$$(.venv/bin/python tools/lab_vars.py) && $(PLAYBOOK) --extra-vars "$$vars"

.DEFAULT_GOAL := help
.PHONY: help lab teardown cluster-up cluster-down engine-stop clean test lint ruff yamllint shellcheck ansible-lint types \
  layers docs sanity unit commands browser versions mutations newest-cluster oldest-cluster live live-alone molecule live-oldest recordings

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name what; do printf '  make %-19s %s\n' "$$name" "$$what"; done
	@echo '  Variables: STUDENTS=3  ROSTER=file.csv  KEEP=1  PODS_LAB_CONTEXT=name  PODS_LAB_KUBECONFIG=file  OFFLINE=1  ARGS="-e name=value"'

lab: .venv/for-the-lab ## Run the whole lab on a kind cluster of its own, or on PODS_LAB_CONTEXT
	$(WITH_LAB_VARS) $(if $(STUDENTS)$(ROSTER),,--extra-vars pods_lab_students=3) \
	  $(if $(PODS_LAB_CONTEXT)$(PODS_LAB_KUBECONFIG),,playbooks/cluster_up.yml) playbooks/pods_lab.yml $(ARGS)

teardown: .venv/for-the-lab ## Delete what a lab left running with KEEP=1 made
	$(WITH_LAB_VARS) playbooks/teardown.yml $(ARGS)

cluster-up: .venv/for-the-lab ## Bring up the kind cluster kubelabs with the lab's images
	$(PLAYBOOK) playbooks/cluster_up.yml $(ARGS)

cluster-down: .venv/for-the-lab ## Remove that cluster, and only that
	$(PLAYBOOK) playbooks/cluster_down.yml $(ARGS)

engine-stop: .venv/for-the-lab ## Stop the Docker engine if cluster-up started it
	$(PLAYBOOK) playbooks/engine_stop.yml $(ARGS)

clean: ## Remove what was made in the checkout, except the reports
	rm -rf .venv .ansible .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage tests/output

# Each step of the tests is a target of its own; tests/run.sh says which there are and in what order.

test: .venv/for-tests ## Everything that must pass, the lab on kind included
	tests/run.sh

lint: ruff yamllint shellcheck ansible-lint types layers docs ## What needs no run of the code: the next seven

ruff: .venv/for-tests ## Format and lint of the Python files
	.venv/bin/ruff format --check
	.venv/bin/ruff check

yamllint: .venv/for-tests ## Format of the YAML files
	.venv/bin/yamllint --strict .

shellcheck: ## The shell scripts, with Debian's shellcheck
	tests/shellcheck.sh

ansible-lint: .venv/for-tests ## Roles and playbooks (production profile)
	.venv/bin/ansible-lint

types: .venv/for-tests ## mypy
	.venv/bin/mypy

layers: .venv/for-tests ## What may import what
	PYTHONPATH=.ansible/collections .venv/bin/lint-imports

docs: .venv/for-tests ## The plugins' documentation, and what it refers to
	.venv/bin/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self .

sanity: .venv/for-tests ## ansible-test sanity
	tests/sanity.sh --color no

# Half of the time they wait, for sockets mostly.
unit: .venv/for-tests ## Unit tests, with coverage of the plugins
	.venv/bin/pytest --numprocesses $$((2 * $$(nproc))) --cov=plugins --cov-report=term-missing:skip-covered

commands: .venv/for-tests ## Playbooks, make and scripts, run as people type them, as far as no cluster is needed
	.venv/bin/pytest tests/commands --numprocesses auto

browser: .venv/for-tests ## The report as people see it, in Debian's chromium
	tests/browser.sh

versions: .venv/for-tests ## The unit tests with the oldest supported ansible-core, kubernetes and Python
	tests/versions.sh

mutations: .venv/for-tests ## Break each important rule once: its test has to fail
	.venv/bin/pytest tests/mutations --numprocesses $$((2 * $$(nproc)))

# Clusters that are there are used. They are stopped until they are needed, because an idle cluster takes a quarter of a
# processor.
STOP = docker stop --time 10 $$(docker ps --quiet --filter label=io.x-k8s.kind.cluster=$$(sed -n 's/^kind_cluster_name: //p' $(1)))

# A state that Molecule kept from an earlier run must not hide that its cluster is gone.
newest-cluster: .venv/for-tests ## The kind cluster of live, live-alone and molecule, of two nodes
	.venv/bin/molecule reset --scenario-name default
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(NEWEST)
	$(call STOP,$(NEWEST))

oldest-cluster: .venv/for-tests ## The kind cluster of live-oldest, of two nodes
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(OLDEST)
	$(call STOP,$(OLDEST))

# Labs wait half of the time, but a node without a core to itself starts pods late, and then says rightly that it did.
LIVE = .venv/bin/pytest tests/live --timeout=600 --durations=20 --dist load --maxschedchunk 1 --numprocesses $$(($$(nproc) > 3 ? 4 : 3))
NEWEST := molecule/cluster.yml
OLDEST := tests/live/oldest.yml

live: .venv/for-tests ## The tests on a real cluster
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(NEWEST)
	$(LIVE)

# One after the other: they restart the API server under the modules, or keep namespaces from going.
live-alone: .venv/for-tests ## Those on a real cluster that disturb all others
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(NEWEST)
	.venv/bin/pytest tests/live -m alone

molecule: .venv/for-tests ## The Molecule scenarios; removes the cluster
	.venv/bin/molecule test --all --workers 2

live-oldest: .venv/for-tests ## The lab, probes and watches on the oldest Kubernetes; removes its cluster
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(OLDEST)
	TEST_CLUSTER=$(OLDEST) $(LIVE) -m oldest
	$(PLAYBOOK) playbooks/cluster_down.yml -e @$(OLDEST)

# Four minutes each: most of it is the waiting of a crash loop.
recordings: .venv/for-tests ## Write anew what both clusters send, for the unit tests
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(NEWEST)
	$(LIVE) -m recording
	$(PLAYBOOK) playbooks/cluster_up.yml -e @$(OLDEST)
	TEST_CLUSTER=$(OLDEST) $(LIVE) -m recording

.venv/for-the-lab: requirements.txt tools/make_venv.sh tools/pythons.sh
	tools/make_venv.sh requirements.txt
	touch $@

.venv/for-tests: requirements-dev.txt requirements.txt tools/make_venv.sh tools/pythons.sh
	tools/make_venv.sh requirements-dev.txt
	touch .venv/for-the-lab $@
