import re

from histopress.cli.audit.expected.expectation import BY_HAND
from histopress.cli.audit.expected.rules import RULES
from histopress.cli.audit.expected.verbs import verb_called
from histopress.cli.cuts import SETTINGS
from histopress.cli.main import JOBS


def test_every_verb_is_run_by_a_rule_or_by_hand():
    ruled = [rule.verb for rule in RULES]
    assert sorted([*ruled, *BY_HAND]) == sorted(JOBS)
    assert {"predict", "compress export"} == BY_HAND, "give a new verb a rule"


def test_every_rule_has_its_settings():
    assert {rule.verb for rule in RULES} == set(SETTINGS)


def test_what_counts_of_a_file_is_told_of_ports_that_verbs_have():
    for rule in RULES:
        ports = {port.name for port in verb_called(rule.verb).inputs}
        # The protocol names the table of divisions where no option does.
        assert set(rule.content) - {"table"} <= ports, rule.verb


def test_no_two_patterns_are_one_file_s():
    """Verbs that make the same file tell apart which of them does."""
    shared = {}
    for rule in RULES:
        for pattern in rule.outputs:
            shared.setdefault(re.sub(r"{\w+}", "{}", pattern), set()).add(rule.verb)
    assert {frozenset(verbs) for verbs in shared.values() if len(verbs) > 1} == {
        frozenset({"encoder define", "encoder import", "encoder train"}),
        frozenset({"compress", "compress import"}),
    }
