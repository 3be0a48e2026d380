"""Taking Relaylens away gives a framework every function and setting back."""

import json
import subprocess
from typing import Final

import pytest
from tests.frameworks.environments import ROOT, python_of
from tests.frameworks.observing import environment
from tests.frameworks.staging import wanted

_IMPORTED: Final = {
    "anthropic_client": "anthropic",
    "agent_framework": "agent_framework_orchestrations",
    "autogen": "autogen_agentchat.teams",
    "crewai": "crewai",
    "google_adk": "google.adk.runners",
    "langgraph": "langchain.agents",
    "llama_index": "llama_index.core.agent.workflow",
    "pydantic_ai": "pydantic_ai",
    "smolagents": "smolagents",
    "strands": "strands.multiagent",
}
"""What a program imports, by the framework's folder."""

_CHECK: Final = """
import importlib, json, sys
import relaylens
from relaylens import tracing

def names(replaced):
    return sorted({getattr(owner, "__name__", str(owner)) + "." + name for owner, name, _ in replaced})

def unlike(replaced):
    return names(each for each in replaced if vars(each[0]).get(each[1], own_absent) is not each[2])

from relaylens.frameworks.patching import _ABSENT as own_absent
if sys.argv[2] == "after":
    importlib.import_module(sys.argv[1])
first = relaylens.instrument(endpoint="http://127.0.0.1:9")
importlib.import_module(sys.argv[1])
replaced = list(tracing._active.switched.patches._replaced)
again = relaylens.instrument()
same = first is again and replaced == tracing._active.switched.patches._replaced
during = unlike(replaced)
relaylens.uninstrument(timeout=0.1)
print(json.dumps({"during": during == names(replaced) and bool(during), "second call does nothing": same, "left": unlike(replaced)}))
"""


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("folder", [name for name in _IMPORTED if wanted(name)])
def test_everything_is_given_back(folder: str, order: str) -> None:
    """Whether instrumented before or after the import, each function is replaced once and is the original again at the end."""
    python = python_of(folder)
    command = [str(python), "-c", _CHECK, _IMPORTED[folder], order]
    ended = subprocess.run(command, cwd=ROOT, env=environment(python), capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(ended.stdout.splitlines()[-1])

    assert {"during": True, "second call does nothing": True, "left": []} == told
