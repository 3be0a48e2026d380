"""What the programs for ADK share: the model, the agents' tools, and a runner that a person answers."""

from collections.abc import Sequence

import litellm
from google.adk.agents import BaseAgent, LlmAgent, RunConfig
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.adk.tools import BaseTool, FunctionTool, ToolContext
from google.genai import types
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow

litellm.telemetry = False
CONFIRMATION = "adk_request_confirmation"


def tell(tool: BaseTool, args: dict, tool_context: ToolContext, error: Exception) -> dict[str, str]:  # noqa: ARG001 - ADK's form
    """Tell the model what went wrong in a tool."""
    return {"error": str(error)}


def agent(flow: Flow, name: str, calls: Sequence[BaseTool] = (), kind: type[LlmAgent] = LlmAgent, **more: object) -> LlmAgent:
    """One agent with its tools."""
    tools = {
        "docs": [FunctionTool(flow.search_docs)],
        "approver": [FunctionTool(flow.send_reply), FunctionTool(flow.escalate_to_human, require_confirmation=True)],
        "executor": [FunctionTool(flow.search_docs)],
    }
    return kind(
        name=name,
        model=LiteLlm(model=f"openai/{MODEL}", api_base=flow.openai_url, api_key=API_KEY, num_retries=0),
        description=f"The {name} of the support desk.",
        instruction=PROMPTS[name],
        tools=[*tools.get(name, []), *calls],
        on_tool_error_callback=tell,
        **more,
    )


async def run(flow: Flow, root: BaseAgent) -> str:
    """Answer the ticket; a person approves whatever is asked."""
    runner = InMemoryRunner(agent=root, app_name="desk")
    await runner.session_service.create_session(app_name="desk", user_id="ann", session_id=flow.session)
    message = types.Content(role="user", parts=[types.Part(text=TICKET)])
    while True:
        answer, asked = "", []
        async for event in runner.run_async(
            user_id="ann", session_id=flow.session, new_message=message, run_config=RunConfig(max_llm_calls=12)
        ):
            asked += [call for call in event.get_function_calls() if call.name == CONFIRMATION]
            if event.content and event.content.parts and event.content.parts[0].text:
                answer = event.content.parts[0].text
        if not asked:
            return answer
        approved = [types.FunctionResponse(id=call.id, name=call.name, response={"confirmed": True}) for call in asked]
        message = types.Content(role="user", parts=[types.Part(function_response=each) for each in approved])
