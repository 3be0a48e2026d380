"""The kit for tests of agent systems, in projects of their own: pytest runs there as a user runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from relaylens.testing import CountingIds, TickingClock
from relaylens.testing.seen import settling, stated
from relaylens_analytics.testing import settled

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"

APPLICATION = """
import asyncio
import relaylens

relaylens.instrument(service="support", endpoint="http://127.0.0.1:9")   # as applications do when they are imported

@relaylens.tool
def search(query):
    return ["Standard takes three days."]

def answer_ticket(answer="It arrives tomorrow.", target="docs"):
    with relaylens.run("answer a ticket"), relaylens.outcome():
        with relaylens.agent("triage"):
            relaylens.handoff(target, {"ticket": 17})
        with relaylens.agent("docs", payload={"ticket": 17}) as step:
            search("delivery time")
            with relaylens.model_call("small-1") as call:
                call.messages([{"role": "user", "content": "Where is it?"}]).answer(answer, finish_reason="stop")
            step.output(answer)

def fail():
    with relaylens.run("fail"), relaylens.agent("triage"):
        raise RuntimeError("no model")

def ask():
    with relaylens.run("ask"), relaylens.agent("approver"):
        relaylens.escalate("Send this?")

async def several(number):
    async def one(place):
        with relaylens.run(f"run {place}"):
            with relaylens.agent("triage"):
                await asyncio.sleep(0)
                relaylens.handoff("docs")
            await asyncio.sleep(0)
            with relaylens.agent("docs"):
                await asyncio.sleep(0)
    await asyncio.gather(*(one(place) for place in range(number)))
"""


def run_pytest(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a project's test file with the kit, away from this repository's own settings."""
    (folder / "application.py").write_text(APPLICATION)
    (folder / "test_application.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *options, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=folder)


PASSING = '''
import asyncio
import pytest
import relaylens
from application import answer_ticket, ask, fail, several

TREE = """\\
1 invoke_workflow answer a ticket
  2 invoke_agent triage
    3 handoff docs
  4 invoke_agent docs
    5 execute_tool search
    6 chat small-1"""

@pytest.mark.parametrize("time", [1, 2])
def test_the_same_each_time(network, time):
    answer_ticket()
    network.assert_completed()
    network.assert_completed("answer a ticket")
    network.assert_handoff("triage", "docs", times=1)
    network.assert_no_handoff("docs")
    network.assert_agents("triage", "docs")
    network.assert_called_tool("search", agent="docs", times=1)
    network.assert_not_called_tool("send_reply")
    network.assert_no_findings()
    assert TREE == network.tree(ids=True)
    assert [1, 2, 3, 4, 5, 6] == [span.context.span_id for span in network.spans]
    assert [1767225600, 1767225601] == [span.start_time // 10**9 for span in network.spans[:2]]
    assert (1, 2, 1) == (len(network.runs), len(network.steps), len(network.handoffs))

def test_silent_failures_are_found(network):
    answer_ticket(answer="")
    network.assert_completed()
    network.assert_finding("empty_output", "docs")
    network.assert_no_findings(besides=["empty_output"])

def test_a_failed_handoff(network):
    answer_ticket(target="billing")
    network.assert_handoff("triage", "billing", succeeded=False)
    network.assert_handoff("triage", "billing", succeeded=None)

def test_a_failure(network):
    with pytest.raises(RuntimeError):
        fail()
    network.assert_failed()
    assert "invoke_workflow fail  ERROR RuntimeError\\n  invoke_agent triage  ERROR RuntimeError" == network.tree()

def test_a_question(network):
    ask()
    network.assert_escalated()
    assert [("approver", "Send this?")] == [(asked.agent, asked.question) for asked in network.escalations]

def test_many_at_once(network):
    asyncio.run(several(5))
    network.assert_completed()
    network.assert_handoff("triage", "docs", times=5)

@pytest.mark.relaylens(clock="real", capture_content="none")
def test_settings(network):
    answer_ticket()
    assert network.spans[0].start_time > 1767225600 * 10**9 + 10**9
    assert not [span for span in network.spans if "gen_ai.output.messages" in span.attributes]
'''


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_everything_a_user_asserts(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Each test sees its own spans only, with the same ids and times, in one process and in several."""
    done = run_pytest(tmp_path, PASSING, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


FAILING = """
import pytest
from application import answer_ticket

@pytest.mark.parametrize("name, arguments", [
    ("assert_handoff", ("docs", "triage")),
    ("assert_no_handoff", ()),
    ("assert_failed", ()),
    ("assert_escalated", ()),
    ("assert_agents", ("docs",)),
    ("assert_called_tool", ("send_reply",)),
    ("assert_not_called_tool", ("search",)),
    ("assert_no_findings", ()),
    ("assert_finding", ("loop",)),
    ("assert_completed", ("another run",)),
])
def test_wrong(network, name, arguments):
    answer_ticket(answer="")
    getattr(network, name)(*arguments)
"""


def test_what_fails_says_what_was_seen(tmp_path: Path) -> None:
    """Every assertion can fail, and then shows what was expected, what there is, and the tree of spans."""
    done = run_pytest(tmp_path, FAILING)
    assert "10 failed" in done.stdout, done.stdout
    said = re.findall(r"^E\s+AssertionError: (Expected .*)$", done.stdout, re.MULTILINE)
    assert [
        "Expected a handoff docs -> triage.",
        "Expected no handoff * -> *.",
        "Expected every run to be failed.",
        "Expected every run to be escalated.",
        "Expected the agents docs, in this order.",
        "Expected a call of the tool send_reply.",
        "Expected no call of the tool search.",
        "Expected no findings.",
        "Expected a finding loop.",
        "Expected the run 'another run' to be completed.",
    ] == said
    seen = [line.removeprefix("E").strip() for line in done.stdout.splitlines() if line.startswith("E ")]
    assert {
        "triage -> docs",
        "search by docs",
        "answer a ticket: completed (stated)",
        "empty_output (high, docs): The model answered docs with nothing, and no error was reported",
        "invoke_workflow answer a ticket",
    } <= set(seen)


BARE = """
import pytest
import relaylens
from application import answer_ticket, ask, fail

def test_without_the_analytics(network):
    answer_ticket()
    network.assert_completed()
    network.assert_handoff("triage", "docs")
    network.assert_agents("triage", "docs")
    network.assert_called_tool("search", agent="docs")
    with pytest.raises(relaylens.MissingExtraError, match=r"pip install 'relaylens\\[collector\\]'"):
        network.assert_no_findings()

def test_failures(network):
    with pytest.raises(RuntimeError):
        fail()
    network.assert_failed()

def test_questions(network):
    ask()
    network.assert_escalated()
"""


def test_the_base_install_asserts_what_spans_state(tmp_path: Path) -> None:
    """Without DuckDB the same assertions work on what the spans say, and what cannot be known is said."""
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['duckdb'] = None\n")
    done = run_pytest(tmp_path, BARE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_settling_is_that_of_production() -> None:
    """It is found by its entry point, since imports run the other way."""
    assert settled is settling()


def test_nothing_was_seen_of_nothing() -> None:
    """No spans, no rows; and without settling nobody looked for findings."""
    assert ([], [], [], [], []) == tuple(vars(settled([])).values())
    assert ([], [], [], [], None) == tuple(vars(stated([])).values())


def test_ids_and_times_count() -> None:
    """1, 2, 3 for traces and spans apart, and a second for each look at the clock."""
    ids, clock = CountingIds(), TickingClock(begin=5)
    assert [1, 1, 2, 2] == [ids.generate_trace_id(), ids.generate_span_id(), ids.generate_span_id(), ids.generate_trace_id()]
    assert [5_000_000_000, 6_000_000_000] == [clock(), clock()]


def test_the_example_of_the_documentation_passes(tmp_path: Path) -> None:
    """The program and the tests of docs/testing.md, as they stand there."""
    program, tests, *others = re.findall(r"^```python\n# (?:\w+\.py)\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "network.py").write_text(program)
    done = run_pytest(tmp_path, tests + "".join(others))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(re.findall(r'^(?:async )?def test_', tests + ''.join(others), re.MULTILINE))} passed" in done.stdout
