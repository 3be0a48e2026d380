"""Planner, executor and validator in ADK's fixed orders; the last two go round until the validator is content."""

from desk import agent, run
from google.adk.agents import LoopAgent, SequentialAgent
from support_desk import Flow, main


def stop_when_passed(callback_context):
    """End the loop when the validator has nothing to object to."""
    if str(callback_context.state.get("verdict", "")).startswith("PASSED"):
        callback_context.actions.escalate = True
        callback_context.state["done"] = True


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    validator = agent(flow, "validator", output_key="verdict", after_agent_callback=stop_when_passed)
    rounds = LoopAgent(name="rounds", sub_agents=[agent(flow, "executor"), validator], max_iterations=3)
    return await run(flow, SequentialAgent(name="team", sub_agents=[agent(flow, "planner"), rounds]))


if __name__ == "__main__":
    main(answer)
