"""The database and the inbox as they are at one instant, in a folder, and back.

``manifest`` is the list of what a backup holds, ``making`` writes one while the
node runs, ``restoring`` checks one and brings it back.
"""

from __future__ import annotations

from alara.app.backup.making import Made, back_up
from alara.app.backup.manifest import Manifest, read_manifest
from alara.app.backup.restoring import Restored, restore

__all__ = ["Made", "Manifest", "Restored", "back_up", "read_manifest", "restore"]
