"""A team run: a planner puts tasks on a board, two executors claim and do them, a validator passes or rejects each."""

import random
from dataclasses import dataclass, field

import relaylens

from .board import Board, Task, VersionConflictError
from .clock import now, pause, together
from .content import Project
from .model import CircuitBreaker, Model, Question
from .truth import Truth

WORKERS = ("executor-1", "executor-2")
REJECTED_SHARE = 0.35
"""Share of the runs in which the validator sends one task back."""


@dataclass
class Team:
    """A team run."""

    project: Project
    truth: Truth
    rng: random.Random
    breaker: CircuitBreaker
    board: Board = field(default_factory=Board)
    to_reject: int = 0
    """Number of the task whose first result is sent back; 0 for none."""

    async def think(self, agent: str, system: str, prompt: str, answer: str) -> str:
        """Ask the model."""
        return await Model(self.truth, self.breaker, self.rng).ask(Question(agent, system, prompt, answer))


async def team_run(team: Team, user: str) -> None:
    """Do one project; afterwards the truth about it is complete."""
    truth, project = team.truth, team.project
    if team.rng.random() < REJECTED_SHARE:
        team.to_reject = team.rng.randrange(1, len(project.tasks) + 1)
    truth.started = now()
    try:
        with relaylens.run(truth.name, run_id=truth.run, conversation=truth.conversation, user=user) as run:
            run.input(project.name)
            run.output(await plan(team))
            relaylens.outcome("completed", "all tasks passed")
            truth.outcome = "completed"
    finally:
        truth.ended = now()


async def plan(team: Team) -> str:
    """The planner: splits the project, waits for the results, and sums them up."""
    truth, project = team.truth, team.project
    truth.agents["planner"].steps += 1
    with relaylens.agent("planner", version="6", description="Splits work and sums it up") as step:
        step.input(project.name)
        listed = "\n".join(f"{number}. {title}" for number, title in enumerate(project.tasks, 1))
        await team.think("planner", "Split the project into tasks that can be done side by side.", project.name, listed)
        for number, title in enumerate(project.tasks, 1):
            handoff = relaylens.handoff("executor", {"task": number, "title": title}, mode="return_to_caller", reason="open task")
            truth.offered("planner", "executor", "return_to_caller")
            team.board.post(Task(number, title, handoff.headers(), handoff))
            await pause(0.05)
        results = await together([work(team, worker) for worker in WORKERS])
        done = sorted(line for lines in results for line in lines)
        summary = await team.think(
            "planner", "Sum up the results.", "\n".join(done), f"{project.name}: {len(done)} tasks done and checked."
        )
        step.output(summary)
        return summary


async def work(team: Team, worker: str) -> list[str]:
    """An executor: claims tasks until none is left."""
    done: list[str] = []
    # The second one is not always as quick as the first; when it is, their claims collide.
    if worker == WORKERS[1] and team.rng.random() < 0.5:  # noqa: PLR2004 - every other time
        await pause(team.rng.uniform(0.2, 0.6))
    while team.board.come():
        team.truth.agents["executor"].steps += 1
        with relaylens.agent("executor", version="4", agent_id=worker, description="Does one task") as step:
            task = await claim(team, worker)
            relaylens.receive(task.headers, payload=task.order).accept()
            step.input(task.order)
            result = await execute(team, task)
            step.output(result)
        task.handoff.returned(result)
        team.truth.returns.append(("executor", "planner"))
        done.append(f"{task.number}. {result}")
    return done


async def claim(team: Team, worker: str) -> Task:
    """Claim a task; when somebody else was quicker, try again."""
    account = team.truth.agents["executor"]
    while True:
        account.tool_calls += 1
        try:
            with relaylens.tool("claim_task") as tool:
                tool.input({"worker": worker})
                task = await team.board.claim_next(worker)
                tool.output(task.order)
                return task
        except VersionConflictError:
            team.truth.tool_errors += 1
            team.truth.retries += 1
            await pause(team.rng.uniform(0.05, 0.15))


async def execute(team: Team, task: Task) -> str:
    """Do a task, and do it again when the validator sends it back."""
    system = "Do the task and report the result in one line."
    outcome = "items were not counted" if task.number == team.to_reject else f"{team.rng.randrange(3, 60)} items"
    result = await team.think("executor", system, task.title, f"{task.title}: done, {outcome}.")
    while True:
        verdict, reason = await validate(team, task, result)
        if verdict == "passed":
            return result
        team.truth.rework += 1
        team.truth.blame("executor", "rework")
        prompt = f"{task.title}\nThe validator says: {reason}"
        result = await team.think("executor", system, prompt, f"{task.title}: done, {team.rng.randrange(3, 60)} items, counted twice.")


async def validate(team: Team, task: Task, result: str) -> tuple[str, str]:
    """Ask the validator, and wait for the verdict."""
    truth = team.truth
    truth.offered("executor", "validator", "return_to_caller")
    with relaylens.handoff("validator", {"task": task.number, "result": result}, mode="return_to_caller", reason="check") as handoff:
        await pause(team.rng.uniform(0.05, 0.3))
        truth.agents["validator"].steps += 1
        with relaylens.agent("validator", version="2", description="Checks results") as step:
            step.input({"task": task.number, "result": result})
            bad = "not counted" in result
            verdict, reason = ("rejected", "the number of items is missing") if bad else ("passed", "complete")
            await team.think("validator", "Check that the result is complete.", result, f"{verdict}: {reason}")
            relaylens.validation("executor", verdict, reason)
            step.output(f"{verdict}: {reason}")
        handoff.output(verdict)
    truth.validations.append({"validator": "validator", "subject": "executor", "verdict": verdict})
    truth.returns.append(("validator", "executor"))
    return verdict, reason
