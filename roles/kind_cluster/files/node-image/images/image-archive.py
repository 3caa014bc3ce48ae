"""image-archive.py OUT (NAME DIRECTORY ENTRYPOINT)...: write an archive for `ctr images import` or `docker load`.

Each image has one layer, the files of DIRECTORY, and ENTRYPOINT as its program (`-` for none). This is what makes
images inside the build of another image, where no container engine runs.
"""

import hashlib
import io
import json
import pathlib
import platform
import sys
import tarfile

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def layer_of(directory):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(pathlib.Path(directory).rglob("*")):
            tar.add(path, path.relative_to(directory), recursive=False)
    return buffer.getvalue()


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def main(out, *arguments):
    manifest = []
    with tarfile.open(out, "w") as tar:
        for name, directory, entrypoint in zip(*[iter(arguments)] * 3, strict=True):
            layer = layer_of(directory)
            digest = hashlib.sha256(layer).hexdigest()
            config = {
                "architecture": ARCHITECTURES[platform.machine()],
                "os": "linux",
                "config": {"Env": [PATH], "Entrypoint": entrypoint.split() if entrypoint != "-" else None},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            }
            raw = json.dumps(config).encode()
            config_name = f"{hashlib.sha256(raw).hexdigest()}.json"
            add(tar, config_name, raw)
            add(tar, f"{digest}/layer.tar", layer)
            manifest.append({"Config": config_name, "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]})
        add(tar, "manifest.json", json.dumps(manifest).encode())


main(*sys.argv[1:])
