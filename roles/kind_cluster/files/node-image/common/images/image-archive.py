"""image-archive.py OUT (NAME DIRECTORY[+DIRECTORY...] ENTRYPOINT)...

Writes an archive for `ctr images import` or `docker load`. Each image has a layer for each DIRECTORY, its files, and
ENTRYPOINT as its program (`-` for none). Images that begin with the same directories share these layers. This is what
makes images inside the build of another image, where no container engine runs.
"""

import functools
import hashlib
import io
import json
import pathlib
import platform
import sys
import tarfile

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@functools.cache
def layer_of(directory):
    """The layer's digest and its content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(pathlib.Path(directory).rglob("*")):
            tar.add(path, path.relative_to(directory), recursive=False)
    content = buffer.getvalue()
    return hashlib.sha256(content).hexdigest(), content


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def main(out, *arguments):
    manifest = []
    written = set()
    with tarfile.open(out, "w") as tar:
        for name, directories, entrypoint in zip(*[iter(arguments)] * 3, strict=True):
            layers = [layer_of(directory) for directory in directories.split("+")]
            config = {
                "architecture": ARCHITECTURES[platform.machine()],
                "os": "linux",
                "config": {"Env": [PATH], "Entrypoint": entrypoint.split() if entrypoint != "-" else None},
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest, _content in layers]},
            }
            raw = json.dumps(config).encode()
            config_name = f"{hashlib.sha256(raw).hexdigest()}.json"
            add(tar, config_name, raw)
            for digest, content in layers:
                if digest not in written:
                    add(tar, f"{digest}/layer.tar", content)
                    written.add(digest)
            manifest.append(
                {
                    "Config": config_name,
                    "RepoTags": [name],
                    "Layers": [f"{digest}/layer.tar" for digest, _content in layers],
                }
            )
        add(tar, "manifest.json", json.dumps(manifest).encode())


main(*sys.argv[1:])
