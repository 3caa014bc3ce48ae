# make help says what there is. Everything runs in .venv, which is made when it is missing or out of date.

STUDENTS ?= 3
PLAYBOOK := .venv/bin/ansible-playbook
CLUSTER_VARS :=
LAB_VARS := $(if $(ROSTER),-e pods_lab_roster=$(abspath $(ROSTER)),-e pods_lab_students=$(STUDENTS))
LAB_VARS += $(if $(KEEP),-e pods_lab_keep=true)
ifdef PODS_LAB_CONTEXT
CLUSTER_VARS += -e pods_lab_context=$(PODS_LAB_CONTEXT)
endif
ifdef PODS_LAB_KUBECONFIG
CLUSTER_VARS += -e pods_lab_kubeconfig=$(abspath $(PODS_LAB_KUBECONFIG))
endif

.DEFAULT_GOAL := help
.PHONY: help lab teardown cluster-up cluster-down engine-stop test lint unit versions mutations sanity live molecule clean

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done
	@echo '  Variables: STUDENTS=3  ROSTER=file.csv  KEEP=1  PODS_LAB_CONTEXT=name  PODS_LAB_KUBECONFIG=file  ARGS="-e name=value"'

lab: .venv/for-the-lab ## Run the whole lab on a kind cluster of its own, or on PODS_LAB_CONTEXT
	$(PLAYBOOK) $(if $(CLUSTER_VARS),,playbooks/cluster_up.yml) playbooks/pods_lab.yml $(CLUSTER_VARS) $(LAB_VARS) $(ARGS)

teardown: .venv/for-the-lab ## Delete what a lab left running with KEEP=1 made
	$(PLAYBOOK) playbooks/teardown.yml $(CLUSTER_VARS) $(LAB_VARS) $(ARGS)

cluster-up: .venv/for-the-lab ## Bring up the kind cluster kubelabs with the lab's images
	$(PLAYBOOK) playbooks/cluster_up.yml $(ARGS)

cluster-down: .venv/for-the-lab ## Remove that cluster, and only that
	$(PLAYBOOK) playbooks/cluster_down.yml $(ARGS)

engine-stop: .venv/for-the-lab ## Stop the Docker engine if cluster-up started it
	$(PLAYBOOK) playbooks/engine_stop.yml

test: .venv/for-tests ## Everything that must pass: lint, types, unit, sanity, and the lab on kind
	tests/run.sh

lint: .venv/for-tests ## ansible-lint (production profile), types, layers
	.venv/bin/ansible-lint
	.venv/bin/mypy
	PYTHONPATH=.ansible/collections .venv/bin/lint-imports

unit: .venv/for-tests ## Unit tests, with coverage of the plugins
	.venv/bin/pytest --cov=plugins --cov-report=term-missing:skip-covered

versions: .venv/for-tests ## The unit tests with the oldest supported ansible-core, kubernetes and Python
	tests/versions.sh

mutations: .venv/for-tests ## Break each important rule once: its test has to fail
	.venv/bin/pytest tests/mutations --numprocesses auto

sanity: .venv/for-tests ## ansible-test sanity
	tests/sanity.sh

live: .venv/for-tests ## The tests on a real cluster, that of the Molecule scenarios
	.venv/bin/molecule create --scenario-name default
	.venv/bin/pytest tests/live --numprocesses 4

molecule: .venv/for-tests ## The Molecule scenarios on a kind cluster of their own
	.venv/bin/molecule test --all

clean: ## Remove what was made in the checkout, but reports
	rm -rf .venv .ansible .cache .mypy_cache .pytest_cache .hypothesis .coverage tests/output

.venv/for-the-lab: requirements.txt tools/make_venv.sh tools/pythons.sh
	tools/make_venv.sh requirements.txt
	touch $@

.venv/for-tests: requirements-dev.txt requirements.txt tools/make_venv.sh tools/pythons.sh
	tools/make_venv.sh requirements-dev.txt
	touch .venv/for-the-lab $@
