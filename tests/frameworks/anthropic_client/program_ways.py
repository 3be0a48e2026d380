"""Every way of asking Anthropic's client, each once, by one agent."""

import relaylens
from anthropic import Anthropic, AsyncAnthropic
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

ASKED = {"model": MODEL, "max_tokens": 1000, "system": PROMPTS["docs"], "messages": [{"role": "user", "content": TICKET}]}


async def answer(flow: Flow) -> str:
    """Ask in every way."""
    with relaylens.run("ask", conversation=flow.session), relaylens.agent("docs"):
        one_after_the_other(Anthropic(base_url=flow.anthropic_url, api_key=API_KEY))
        async with AsyncAnthropic(base_url=flow.anthropic_url, api_key=API_KEY) as client:
            return await awaited(client)


def one_after_the_other(client: Anthropic) -> None:
    """Without asyncio."""
    client.messages.create(**ASKED)
    client.messages.with_raw_response.create(**ASKED).parse()
    for _ in client.messages.create(**ASKED, stream=True):
        pass
    with client.messages.stream(**ASKED) as stream:
        stream.until_done()
    client.beta.messages.create(**ASKED)
    with client.beta.messages.stream(**ASKED) as stream:
        stream.until_done()
    client.messages.count_tokens(model=MODEL, messages=ASKED["messages"])


async def awaited(client: AsyncAnthropic) -> str:
    """With asyncio."""
    async for _ in await client.messages.create(**ASKED, stream=True):
        pass
    async with client.messages.stream(**ASKED) as stream:
        await stream.until_done()
    await client.beta.messages.create(**ASKED)
    return (await client.messages.create(**ASKED)).content[0].text


if __name__ == "__main__":
    main(answer)
