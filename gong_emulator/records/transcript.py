"""What was said in a call, in the shape of `/v2/calls/transcript`."""

from __future__ import annotations

from gong_emulator.holdings import Holdings
from gong_emulator.records import Record
from gong_emulator.records.call import Call
from gong_emulator.records.cast import cast_of
from gong_emulator.records.words import SENTENCES, TOPICS
from gong_emulator.seeded import number

_MULTIPLIER = 6364136223846793005
_MASK = 2**64 - 1


def transcript_of(company: Holdings, call: Call) -> Record:
    """Return `{"callId", "transcript": [{"speakerId", "topic", "sentences": [{"start", "end", "text"}]}]}`.

    `start` and `end` are whole milliseconds from the start of the call. `topic` is mostly null and, seldom,
    `speakerId` is null too (recorded and reported). Speaker ids are those of the call's parties.
    """
    speakers = [party["speakerId"] for party in cast_of(company, call).speakers]
    draw = number(company.options.seed, "said", call.id, call.revision)
    count = max(1, min(int(call.duration / 60 * company.options.monologues_per_minute), 5000))
    clock = 100 + draw % 3000
    room = call.duration * 1000
    monologues: list[Record] = []
    for _ in range(count):
        draw = (draw * _MULTIPLIER + 1442695040888963407) & _MASK
        bits = draw >> 20
        sentences: list[Record] = []
        for position in range(bits % 4 + 1):
            text = SENTENCES[(bits >> (3 + 5 * position)) % len(SENTENCES)]
            end = clock + 40 * len(text) + 10 * (bits % 40)
            sentences.append({"start": clock, "end": end, "text": text})
            clock = end + 10 * (bits % 60)
        monologues.append(
            {
                "speakerId": None if bits % 101 == 0 or not speakers else speakers[(bits >> 7) % len(speakers)],
                "topic": TOPICS[(bits >> 9) % len(TOPICS)] if bits % 4 == 0 else None,
                "sentences": sentences,
            }
        )
        if clock >= room:
            break
    return {"callId": call.id, "transcript": monologues}
