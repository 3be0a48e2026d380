"""A workflow on Agno: agents one after the other, in loops and side by side, with people in between."""

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAIChat
from agno.workflow import HumanReview, Loop, Parallel, Step, Workflow
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


def answer(flow: Flow):
    """Answer the ticket; a step that waits for a person is confirmed."""
    return answer_later(flow) if flow.options.later else answer_now(flow)


def answer_now(flow: Flow) -> str:
    """The plain way, and streamed."""
    work, streamed = workflow(flow), flow.options.stream
    result = read(work, flow, work.run(TICKET, session_id=flow.session, stream=streamed, stream_events=streamed))
    while result.is_paused:
        confirm(result)
        result = read(work, flow, work.continue_run(result, stream=streamed, stream_events=streamed))
    return result.content


async def answer_later(flow: Flow) -> str:
    """The asynchronous way, and streamed."""
    work = workflow(flow)
    if flow.options.stream:
        async for _ in work.arun(TICKET, session_id=flow.session, stream=True, stream_events=True):
            pass
        result = work.get_last_run_output(session_id=flow.session)
    else:
        result = await work.arun(TICKET, session_id=flow.session)
    while result.is_paused:
        confirm(result)
        result = await work.acontinue_run(result)
    return result.content


def read(work: Workflow, flow: Flow, given):
    """The result, at the end of what was streamed."""
    if not flow.options.stream:
        return given
    for _ in given:
        pass
    return work.get_last_run_output(session_id=flow.session)


def confirm(result) -> None:
    """Say yes."""
    for waiting in result.step_requirements:
        waiting.confirm()


def workflow(flow: Flow) -> Workflow:
    """The steps of a flow."""
    model = OpenAIChat(id=MODEL, base_url=flow.openai_url, api_key=API_KEY, max_retries=0)

    def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    def step(name: str, *tools, **parts) -> Step:
        agent = Agent(name=name, id=name, model=model, instructions=PROMPTS[name], tools=list(tools), telemetry=False)
        return Step(name=name, agent=agent, **parts)

    planner, executor, validator = step("planner"), step("executor", search_docs), step("validator")
    steps = [planner, executor, validator]
    if flow.name == "rejected":
        steps = [planner, Loop([executor, validator], max_iterations=3, end_condition=lambda done: "PASSED" in done[-1].content)]
    if flow.name == "parallel":
        steps = [planner, Parallel(step("docs", search_docs), step("drafter")), validator]
    if flow.name == "confirmed":
        steps[2] = step("validator", human_review=HumanReview(requires_confirmation=True, confirmation_message="May it be checked?"))
    return Workflow(name="answer a ticket", steps=steps, db=InMemoryDb(), telemetry=False)


def options(parser):
    """The ways to run the same steps."""
    for word in ("stream", "later"):
        parser.add_argument(f"--{word}", action="store_true")


if __name__ == "__main__":
    main(answer, options)
