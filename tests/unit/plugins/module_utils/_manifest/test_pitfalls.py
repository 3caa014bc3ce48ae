# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.pitfalls import pitfalls
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import WARNING, Place

IMAGE = ("spec", "containers", 0, "image")


def told(container):
    return pitfalls({"kind": "Pod", "spec": {"containers": [container]}}, {})


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.29",
        "library/nginx:Latest",
        "Registry.Example.org/web:V1.0",
        "registry.example.org:5000/team/a_b/c--d:1",
        "Localhost:5000/web",
        "localhost/web",
        "[2001:db8::1]:5000/web",
        f"web@sha256:{'0f' * 32}",
        f"web:1@sha256:{'0f' * 32}",
        "",
        None,
        7,
    ],
)
def test_images_that_there_may_be(image):
    assert told({"image": image}) == []


@pytest.mark.parametrize(
    "image, suggestion",
    [
        ("Nginx:1.29", "Did you mean nginx:1.29?"),
        ("MyTeam/web", "Did you mean myteam/web?"),
        ("registry.example.org/Web", "Did you mean registry.example.org/web?"),
        ("nginx: 1.29", "Did you mean nginx:1.29?"),
        ("nginx:1.29\u202e", "Type the name anew"),
        ("ngin\u0445", "Type the name anew"),
        ("https://registry.example.org/web", "Write name:tag"),
        ("nginx:", "Write name:tag"),
        ("web.", "Write name:tag"),
        (" nginx", "Delete them"),
        ("nginx\n", "Delete them"),
    ],
)
def test_images_that_there_cannot_be(image, suggestion):
    (problem,) = told({"image": image})
    assert suggestion in problem.suggestion
    assert (problem.path, problem.level) == (IMAGE, WARNING)


@pytest.mark.against_the_clock
def test_a_name_that_is_made_to_hurt_takes_no_time():
    began = time.monotonic()
    (problem,) = told({"image": "a" * 200_000 + "!"})
    assert len(problem.message) < 400
    (problem,) = told({"image": "a-" * 190 + "!"})
    assert time.monotonic() - began < 1


def test_a_character_that_is_not_seen_is_named_and_does_no_harm():
    (problem,) = told({"image": "nginx:1.29\u202e"})
    assert "\u202e" not in problem.message
    assert "RIGHT-TO-LEFT OVERRIDE (U+202E)" in problem.message


@pytest.mark.parametrize(
    "image, meant",
    [
        ("ngnix:1.27", "nginx:1.27"),
        ("nginxx", "nginx"),
        ("busybocks", "busybox"),
        ("alpin:3", "alpine:3"),
        ("ubunut", "ubuntu"),
        ("pyhton:3.13-slim", "python:3.13-slim"),
        ("postgresql:17", "postgres:17"),
        ("apache2", "httpd"),
        (f"redsi@sha256:{'0f' * 32}", f"redis@sha256:{'0f' * 32}"),
    ],
)
def test_a_well_known_image_with_a_slip(image, meant):
    (problem,) = told({"image": image})
    assert (problem.suggestion, problem.path, problem.level) == (f"Did you mean {meant}?", IMAGE, WARNING)


#: https://github.com/docker-library/official-images/tree/master/library, and what people call their own.
OFFICIAL = """
    adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop bash
    bonita buildpack-deps busybox caddy cassandra chronograf cirros clearlinux clefos clickhouse clojure composer
    couchbase couchdb crate crux dart debian docker drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch
    elixir emqx erlang fedora flink fluentd friendica gazebo gcc geonetwork ghost gradle groovy haproxy haskell haxe
    hello-world hitch httpd hylang ibmjava influxdb irssi jetty joomla jruby julia kapacitor kibana kong krakend
    lightstreamer liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mono
    mysql nats nats-streaming neo4j neurodebian nextcloud nginx node notary odoo open-liberty openjdk oraclelinux
    orientdb percona perl photon php phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star
    redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa silverpeas solr
    sonarqube spark spiped storm swarm swift swipl teamspeak telegraf thrift tomcat tomee traefik ubuntu unit
    varnish vault wordpress xwiki yourls znc zookeeper opensuse centos golang django rails java iojs owncloud
    glassfish
"""
OWN = "web app api db nginx2 mynginx web-nginx node18 my-redis ngnix/web ghcr.io/team/ngnix localhost:5000/ngnix note"


@pytest.mark.parametrize("image", [*OFFICIAL.split(), *OWN.split()])
def test_no_right_image_is_taken_for_a_slip(image):
    assert told({"image": image}) == []


@pytest.mark.parametrize(
    "container, path",
    [
        ({"command": ["sleep 3600"]}, ("command", 0)),
        ({"command": ["sleep 3600"], "args": ["a b"]}, ("command", 0)),
        ({"command": ["/bin/sh -c 'sleep 5'"]}, ("command", 0)),
        ({"command": ["/bin/sh /scripts/run.sh"]}, ("command", 0)),
        ({"command": ["./run now"]}, ("command", 0)),
        ({"args": ["sleep infinity"]}, ("args", 0)),
        ({"command": [], "args": ["sleep infinity"]}, ("args", 0)),
    ],
)
def test_a_command_that_is_one_word(container, path):
    (problem,) = told(container)
    assert (problem.path[3:], problem.level) == (path, WARNING)
    assert "an entry of its own" in problem.suggestion
    assert "3600" not in problem.message


def test_a_comma_of_another_script_is_the_cause_of_one_word():
    (problem,) = told({"command": ["sh\uff0c -c"]})
    assert "FULLWIDTH COMMA" in problem.message


@pytest.mark.parametrize(
    "container",
    [
        {"command": ["sleep", "3600"]},
        {"command": ["sh", "-c", "sleep 3600"], "args": ["a b"]},
        {"command": ["/opt/my app/run"]},
        {"command": ["C:\\Program Files\\run.exe"]},
        {"command": [" "]},
        {"command": [3600]},
        {"command": "sleep 3600"},
        {"args": ["-c", "a b"]},
    ],
)
def test_other_commands(container):
    assert told(container) == []


def test_a_probe_at_a_port_that_has_no_such_name():
    ports = [{"containerPort": 80, "name": "http"}, {"containerPort": 90}, "x"]
    right = {"readinessProbe": {"httpGet": {"port": "http"}}, "livenessProbe": {"tcpSocket": {"port": "80"}}}
    assert told({"ports": ports, **right, "startupProbe": {"httpGet": {"port": 80}}}) == []
    (slip,) = told({"ports": ports, "startupProbe": {"httpGet": {"port": "htpp"}}})
    assert (slip.path[3:], slip.level) == (("startupProbe", "httpGet", "port"), WARNING)
    assert slip.suggestion == "Did you mean http?"
    (none,) = told({"livenessProbe": {"tcpSocket": {"port": "web"}}})
    assert "Write its number" in none.suggestion


@pytest.mark.parametrize("memory, suggestion", [("64", "64Mi"), (64, "64Mi"), ("64Ki", "64Mi"), ("0.5", "as in 64Mi")])
def test_memory_with_which_nothing_starts(memory, suggestion):
    found = told({"resources": {"limits": {"memory": memory}, "requests": {"memory": "64Mi"}}})
    assert [(one.path[-2:], suggestion in one.suggestion) for one in found] == [(("limits", "memory"), True)]


@pytest.mark.parametrize("memory", ["1Mi", "64M", "0", 0, None, "much", True, "128974848"])
def test_other_memory(memory):
    assert told({"resources": {"limits": {"memory": memory}}}) == []


def test_in_a_template_and_in_containers_that_come_first():
    pod = {"spec": {"initContainers": [{"image": "Busybox"}], "containers": [{"image": "Nginx"}]}}
    places = {("spec", "template", "spec", "containers", 0, "image"): Place(9, 3)}
    found = pitfalls({"kind": "Deployment", "spec": {"template": pod}}, places)
    assert [one.path[3:] for one in found] == [("initContainers", 0, "image"), ("containers", 0, "image")]
    assert found[1].place == Place(9, 3)


@pytest.mark.parametrize(
    "value", [{}, {"kind": "Pod"}, {"kind": "Pod", "spec": {"containers": ["x", {"resources": 3}]}}]
)
def test_whatever_it_is(value):
    assert pitfalls(value, {}) == []
