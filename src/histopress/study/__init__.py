"""A study: configuration and manifest together, and the names of all its files.

The workflow and the verbs for people stand on this; verbs that make results do not, they are told
what they need.
"""

from histopress.study.faults import check_manifest
from histopress.study.study import Study, load_study, read_values

__all__ = ["Study", "check_manifest", "load_study", "read_values"]
