import platform
import socket

from histopress.audit.circumstances import NAME_HOST, capability, installed_versions, run_facts

FACTS = {"start": "s", "end": "e", "wall_s": 1.23456, "threads": 2, "attempt": 3, "libraries": []}


def test_the_host_is_named_only_to_those_who_ask(monkeypatch):
    monkeypatch.delenv(NAME_HOST, raising=False)
    monkeypatch.setattr(socket, "gethostname", lambda: "node17.clinic")
    assert "node17" not in str(run_facts(**FACTS))
    monkeypatch.setenv(NAME_HOST, "1")
    assert run_facts(**FACTS)["host"] == "node17.clinic"


def test_the_job_of_a_cluster_and_its_attempt_are_told(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    found = run_facts(**FACTS)
    assert (found["slurm_job"], found["attempt"], found["wall_s"]) == ("4711", 3, 1.235)
    monkeypatch.delenv("SLURM_JOB_ID")
    assert run_facts(**FACTS)["slurm_job"] is None


def test_versions_go_by_the_name_of_the_library():
    found = installed_versions(["numpy", "opencv", "openslide", "no-such-library"])
    assert set(found) == {"python", "numpy", "opencv", "openslide"}
    assert found["python"] == platform.python_version()


def test_the_widest_instruction_set_counts():
    assert capability("sse4_2 avx avx512f avx2") == "avx512f"
    assert capability("fp asimd evtstrm") == "asimd"
    assert capability("") == "unknown"


def test_the_processor_is_named():
    found = run_facts(**FACTS)
    assert found["cpu"] and found["machine"] == platform.machine()
    assert found["peak_memory_mb"] > 1
