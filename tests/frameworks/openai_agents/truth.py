"""A network on the OpenAI Agents SDK: what has to be seen of it."""

from tests.frameworks.actions import Script, handoff, say, tool
from tests.frameworks.flows import DELEGATION, PEER, TRUTHS, Truth
from tests.frameworks.programs import But, Program

from relaylens.semconv import Detector, EscalationState, Outcome, TransferMode

_RAISES = But(
    "the SDK raises ModelBehaviorError where a model calls what there is not, and triage never answers",
    outcome=Outcome.FAILED,
    failed_agents=frozenset({"triage"}),
    findings=frozenset({Detector.FAILED_HANDOFF}),
)

_SEARCH = tool("search_docs", query="parcel 4711")
_SEND = tool("send_reply", text="Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_ASK = tool("escalate_to_human", question="May the reply about parcel 4711 be sent?")
_FACTS = say("Parcel 4711 left the depot on Monday and is two days late.")
_DRAFT = say("Dear Ann, parcel 4711 is two days late and arrives on Friday.")
_DOCS: Script = {"docs": (_SEARCH, _FACTS)}

_WAYS: dict[str, tuple[Script, Truth]] = {
    "filtered": (
        {"triage": (handoff("docs"),), "docs": (_SEARCH, handoff("approver")), "approver": (_SEND, say("Sent."))},
        Truth(edges=(("triage", "docs", True), ("docs", "approver", True))),
    ),
    "checked": ({"drafter": (_FACTS,)}, Truth(outcome=Outcome.FAILED, findings=frozenset({Detector.REWORK}))),
    "limit_told": ({"docs": (_SEARCH,) * 9}, Truth(outcome=Outcome.FAILED)),
    "unknown_told": (PEER["handoff_fail"], TRUTHS["peer"]["handoff_fail"]),
    "denied": ({"approver": (_ASK, _FACTS)}, Truth(escalations=(("approver", EscalationState.DENIED),))),
    # Another process knows the conversation and the question, and not which run it was.
    "elsewhere": ({"approver": (_ASK, _SEND, _FACTS)}, Truth(escalations=(("approver", EscalationState.APPROVED),), runs=2)),
    "streaming_members": (DELEGATION["delegation"], TRUTHS["delegation"]["delegation"]),
    "in_a_session": ({**_DOCS, "drafter": (_DRAFT,)}, Truth(runs=2)),
    "side_by_side": ({**_DOCS, "drafter": (_DRAFT,)}, Truth(runs=2)),
    "own_model": (_DOCS, Truth()),
    "own_model_streamed": (_DOCS, Truth()),
    "in_a_run": (_DOCS, Truth()),
    "at_once": (
        {"supervisor": (handoff("docs"), _DRAFT), "docs": (_SEARCH, _SEARCH, _FACTS)},
        Truth(
            edges=(("supervisor", "docs", True), ("supervisor", "docs", True)),
            mode=TransferMode.RETURN_TO_CALLER,
            # The same search four times.
            findings=frozenset({Detector.LOOP}),
        ),
    ),
    "called_off": ({"docs": (_SEARCH,)}, Truth(outcome=Outcome.ABANDONED)),
    # The second of the two runs is not seen.
    "given_back": (_DOCS, Truth(tokens=False)),
}

PROGRAMS = (
    Program(mode="peer", but={"handoff_fail": _RAISES}),
    Program(
        mode="delegation",
        label="delegation",
        arguments=("--delegate", "--json"),
        but={"handoff_fail": _RAISES},
        # What an agent gives back is an answer, also when it refuses: only its words say so.
        scripts={"refused": {**DELEGATION["refused"], "docs": (say("I must decline: parcel 4711 is not in my documents."),)}},
    ),
    Program(
        "program_ways.py",
        label="ways",
        flows=tuple(_WAYS),
        scripts={way: script for way, (script, _) in _WAYS.items()},
        truths={way: truth for way, (_, truth) in _WAYS.items()},
    ),
    Program(mode="peer", label="stream", arguments=("--stream", "--responses", "--no-tracing"), but={"handoff_fail": _RAISES}),
)
