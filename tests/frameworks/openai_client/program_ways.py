"""Every way of asking OpenAI's client, each once, by one agent."""

import relaylens
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

CHAT = {"model": MODEL, "messages": [{"role": "system", "content": PROMPTS["docs"]}, {"role": "user", "content": TICKET}]}
RESPONSES = {"model": MODEL, "instructions": PROMPTS["docs"], "input": TICKET}
WITH_TOKENS = {"stream": True, "stream_options": {"include_usage": True}}


class Answer(BaseModel):
    """What the model is asked to fill in."""

    text: str


async def answer(flow: Flow) -> str:
    """Ask in every way."""
    with relaylens.run("ask", conversation=flow.session), relaylens.agent("docs"):
        one_after_the_other(OpenAI(base_url=flow.openai_url, api_key=API_KEY))
        async with AsyncOpenAI(base_url=flow.openai_url, api_key=API_KEY) as client:
            return await awaited(client)


def one_after_the_other(client: OpenAI) -> None:
    """Without asyncio."""
    client.chat.completions.create(**CHAT)
    for _ in client.chat.completions.create(**CHAT, **WITH_TOKENS):
        pass
    with client.chat.completions.stream(**CHAT) as stream:
        stream.until_done()
    client.chat.completions.parse(**CHAT, response_format=Answer)
    client.chat.completions.with_raw_response.create(**CHAT).parse()
    with client.chat.completions.with_streaming_response.create(**CHAT) as response:
        response.read()
    for _ in client.chat.completions.create(**CHAT, stream=True):
        break  # whoever has read enough
    client.responses.create(**RESPONSES)
    for _ in client.responses.create(**RESPONSES, stream=True):
        pass
    with client.responses.stream(**RESPONSES) as stream:
        stream.until_done()
    client.responses.parse(**RESPONSES, text_format=Answer)


async def awaited(client: AsyncOpenAI) -> str:
    """With asyncio."""
    await client.chat.completions.create(**CHAT)
    async for _ in await client.chat.completions.create(**CHAT, **WITH_TOKENS):
        pass
    async with client.chat.completions.stream(**CHAT) as stream:
        await stream.until_done()
    async for _ in await client.responses.create(**RESPONSES, stream=True):
        pass
    async with client.responses.stream(**RESPONSES) as stream:
        await stream.until_done()
    return (await client.responses.create(**RESPONSES)).output_text


if __name__ == "__main__":
    main(answer)
