"""What Agno's agents and teams ask people, and what those answer."""

from typing import Any, Final

import relaylens
from relaylens.frameworks.recording import Pauses
from relaylens.semconv import EscalationState

_pauses: Final = Pauses()
"""What people were asked here, by the requirement's id, which Agno keeps where it keeps its sessions."""


def ask(requirement: Any) -> None:  # noqa: ANN401 - RunRequirement
    """Ask a person for what Agno waits for; a team waits for the same as its member."""
    tool = requirement.tool_execution
    question = {"tool": tool.tool_name, "arguments": tool.tool_args}
    for field in requirement.user_input_schema or ():
        question.setdefault("fields", []).append(field.name)
    for each in requirement.user_feedback_schema or ():
        question.setdefault("questions", []).append(each.question)
    _pauses.ask(requirement.id, requirement.id, question, own_id=requirement.id)


def answer_all(entity: Any, requirements: Any) -> None:  # noqa: ANN401 - Agent or Team; a list of RunRequirement
    """Write what people have answered to this agent or team; a member's answers are written in the member's run."""
    for requirement in requirements:
        owner = requirement.member_agent_id
        if owner is not None and hasattr(entity, "members"):
            continue
        state, reply = _verdict(requirement)
        if state is not None:
            _pauses.resume(requirement.id)
            relaylens.answer(requirement.id, state, reply)


def _verdict(requirement: Any) -> tuple[EscalationState | None, object]:  # noqa: ANN401 - RunRequirement
    """A person's decision, if there is one."""
    tool = requirement.tool_execution
    confirmed = tool.confirmed if requirement.confirmation is None else requirement.confirmation
    if confirmed is not None:
        return (EscalationState.APPROVED if confirmed else EscalationState.DENIED), requirement.confirmation_note or tool.confirmation_note
    if tool.answered:
        fields = {field.name: field.value for field in requirement.user_input_schema or ()}
        chosen = {each.question: each.selected_options for each in requirement.user_feedback_schema or ()}
        return EscalationState.APPROVED, fields | chosen
    if requirement.external_execution_result is not None:
        return EscalationState.APPROVED, requirement.external_execution_result
    return None, None
