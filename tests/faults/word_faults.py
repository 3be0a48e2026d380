"""Faults in names and quotations: a handoff names somebody else, or quotes what nobody has said; and their look-alikes."""

from typing import Final

from tests.faults.breaking import Chance, Injected
from tests.faults.content_faults import altered_at_handoff
from tests.faults.planting import Planted, fill
from tests.faults.recordings import Recording

PEOPLE: Final = ("Maria Keller", "Tomás Herrera", "Priya Nair", "Aoife Brennan", "Jean-Luc Moreau", "Zoë Lindqvist", "Kwame Mensah")
FIRMS: Final = ("Novak Logistics", "Harbor Finch", "Alder Mills", "Solaris Freight", "Brightwater Foods", "Castell Print")
PLACES: Final = ("Lisbon", "Rotterdam", "Gdansk", "Malmö", "Turin", "Leipzig")
NAMED: Final = (
    " for {person} of {firm}",
    " (asked by {person}, {place})",
    " on behalf of {person}, who lives in {place}",
    " [contact: {person} at {firm}]",
)
"""How people name who and what they talk about."""

ALTERED: Final = (
    ("leave it with the porter", "leave it in the yard"),
    ("please do not call before noon", "please call before noon"),
    ("the blue one and not the green one", "the green one and not the blue one"),
    ("refund to the card, never as a voucher", "refund as a voucher"),
    ("ship it only when all three are there", "ship it at once"),
)
"""What somebody wrote, and what is made of it."""

QUOTED: Final = (
    " and the note says “{words}”",
    " with the remark «{words}» from the customer",
    ", marked `{words}` on the form",
)
"""How people quote; all of these can stand within JSON as they are."""


def swap_name(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff is told another name than the sender had, and everything that follows goes on with it."""
    form = chance.rng.choice(NAMED)
    (person, other), (firm, _), (place, _) = (chance.rng.sample(names, 2) for names in (PEOPLE, FIRMS, PLACES))
    told, wrong = (form.format(person=name, firm=firm, place=place) for name in (person, other))
    return altered_at_handoff(planted, chance, lambda _number: wrong, told=told)


def alter_quote(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff is told other words in quotation marks than the sender had, and everything that follows goes on with them."""
    form, (words, wrong) = chance.rng.choice(QUOTED), chance.rng.choice(ALTERED)
    return altered_at_handoff(planted, chance, lambda _number: form.format(words=wrong), told=form.format(words=words))


def kept_words(planted: Planted, chance: Chance) -> Recording | None:
    """Names and quotations are passed on as they are; where a person is asked, only the past tells whether answers are recorded."""
    if planted.places.questions:
        return None
    recording = planted.recording.copy()
    told = _told(chance)
    fill(recording, lambda _owner, _number: told)
    return _alone(recording)


def shortened_words(planted: Planted, chance: Chance) -> Recording | None:
    """From a handoff on a person has the last name only, and a quotation is left out; the same holds of questions."""
    if planted.places.questions:
        return None
    form, person = chance.rng.choice(NAMED), chance.rng.choice(PEOPLE)
    firm, place = chance.rng.choice(FIRMS), chance.rng.choice(PLACES)
    told, short = (form.format(person=name, firm=firm, place=place) for name in (person, person.split()[-1]))
    quoted = chance.rng.choice(QUOTED).format(words=chance.rng.choice(ALTERED)[0])
    injected = altered_at_handoff(planted, chance, lambda _number: short, told=told + quoted)
    return _alone(injected.recording) if injected else None


def _alone(recording: Recording) -> Recording:
    """The run in a deployment of its own: what is said in it is unlike the past of the others, and no past of theirs."""
    recording.belong_to(f"lab__{recording.name}__words")
    return recording


def _told(chance: Chance) -> str:
    """A name and a quotation."""
    named = chance.rng.choice(NAMED).format(
        person=chance.rng.choice(PEOPLE), firm=chance.rng.choice(FIRMS), place=chance.rng.choice(PLACES)
    )
    return named + chance.rng.choice(QUOTED).format(words=chance.rng.choice(ALTERED)[0])
