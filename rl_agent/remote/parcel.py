"""A policy on its way to the robot: a bundle's files, in memory, and the frames they travel in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rl_agent.deploy.manifest import (
    MANIFEST_NAME,
    MAX_FILE_BYTES,
    MAX_MANIFEST_BYTES,
    MAX_SIGNATURE_BYTES,
    POLICY_NAME,
    SIGNATURE_NAME,
    read_bundle,
)
from rl_agent.exceptions import BundleError

from .wire import Frame, Value

MAX_BYTES = {
    POLICY_NAME: MAX_FILE_BYTES,
    MANIFEST_NAME: MAX_MANIFEST_BYTES,
    SIGNATURE_NAME: MAX_SIGNATURE_BYTES,
}
"""All files that may travel, and how large each may be."""


@dataclass(frozen=True)
class Parcel:
    """A bundle of one version; what happens to its folder afterwards changes nothing."""

    policy_version: int
    files: dict[str, bytes]

    @classmethod
    def of(cls, bundle_dir: Path) -> Parcel:
        """Read a bundle.

        Raises:
            BundleError: It is damaged, or has files that do not travel.
        """
        manifest, files = read_bundle(bundle_dir)
        if set(files) - set(MAX_BYTES):
            message = f"expected only {', '.join(MAX_BYTES)}, found {', '.join(sorted(files))}"
            raise BundleError(f"{bundle_dir}: {message}")
        return cls(manifest.policy_version, files)

    def frames(self, max_payload_bytes: int) -> Iterator[Frame]:
        """Yield what is to be sent, in this order."""
        for name, data in self.files.items():
            for start in range(0, max(1, len(data)), max_payload_bytes):
                fields: dict[str, Value] = {
                    "version": self.policy_version,
                    "name": name,
                    "start": start,
                }
                yield Frame("policy", fields, data[start : start + max_payload_bytes])
        yield Frame("policy_end", {"version": self.policy_version})
