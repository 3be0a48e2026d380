"""Every fault and every look-alike that the laboratory makes, and the detectors that should tell them."""

from collections.abc import Callable
from typing import Final

from tests.faults import content_faults, flow_faults, negatives, peer_faults, person_faults, word_faults
from tests.faults.breaking import Chance, Fault
from tests.faults.planting import Planted
from tests.faults.recordings import Recording

Negative = Callable[[Planted, Chance], Recording | None]

FAULTS: Final[dict[str, Fault]] = {
    "drop_entity": content_faults.drop_entity,
    "swap_number": content_faults.swap_number,
    "invent_entity": content_faults.invent_entity,
    "swap_name": word_faults.swap_name,
    "alter_quote": word_faults.alter_quote,
    "context_growth": content_faults.context_growth,
    "swallow_child_error": flow_faults.swallow_child_error,
    "swallow_tool_error": flow_faults.swallow_tool_error,
    "duplicate_delegation": flow_faults.duplicate_delegation,
    "loop": flow_faults.loop,
    "ping_pong": flow_faults.ping_pong,
    "orphan_handoff": flow_faults.orphan_handoff,
    "quiet_agent": flow_faults.quiet_agent,
    "stall_approval": person_faults.stall_approval,
    "answer_while_pending": person_faults.answer_while_pending,
    "truncate_answer": flow_faults.truncate_answer,
    "contradict_peer": peer_faults.contradict_peer,
    "ignore_peer": peer_faults.ignore_peer,
}
"""Every fault by its name."""

NEGATIVES: Final[dict[str, Negative]] = {
    "kept_words": word_faults.kept_words,
    "shortened_words": word_faults.shortened_words,
    "parallel_peers": peer_faults.parallel_peers,
    "heeded_peer": peer_faults.heeded_peer,
    "polling_tool": negatives.polling_tool,
    "paging_tool": negatives.paging_tool,
    "retry_that_succeeds": negatives.retry_that_succeeds,
    "confirmation_turn": negatives.confirmation_turn,
    "supervisor": negatives.supervisor,
    "waiting_run": person_faults.waiting_run,
}
"""Every look-alike by its name: nothing is to be found in them."""

EXPECTED: Final[dict[str, frozenset[str]]] = {
    "drop_entity": frozenset({"dropped_entity", "context_lost"}),
    "swap_number": frozenset({"invented_entity", "dropped_entity", "context_lost"}),
    "invent_entity": frozenset({"invented_entity", "context_lost"}),
    "swap_name": frozenset({"invented_entity", "context_lost"}),
    "alter_quote": frozenset({"invented_entity", "context_lost"}),
    "context_growth": frozenset({"context_growth"}),
    "swallow_child_error": frozenset({"swallowed_child_error"}),
    "swallow_tool_error": frozenset({"swallowed_tool_error"}),
    "duplicate_delegation": frozenset({"duplicated_work"}),
    "loop": frozenset({"loop", "cycle"}),
    "ping_pong": frozenset({"loop", "ping_pong"}),
    "orphan_handoff": frozenset({"failed_handoff", "orphaned_handoff"}),
    "quiet_agent": frozenset({"agent_quiet"}),
    "stall_approval": frozenset({"approval_pending"}),
    "answer_while_pending": frozenset({"answered_while_pending"}),
    "truncate_answer": frozenset({"truncated_answer"}),
    "contradict_peer": frozenset({"contradiction"}),
    "ignore_peer": frozenset({"ignored_peer"}),
}
"""The detectors of which one at least has to say so, by fault."""

RIGHTLY: Final[dict[str, frozenset[str]]] = {"waiting_run": frozenset({"approval_pending"})}
"""What is true of a look-alike all the same, and no false alarm."""
