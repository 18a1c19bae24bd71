"""Three questions that the demo asks of its tables.

PyAirbyte writes column names in lower case, and times as the company's clocks showed them, without the offset.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question in words and in DuckDB's SQL."""

    text: str
    sql: str


QUESTIONS = (
    Question(
        "Who had how many calls in which week?",
        """\
SELECT date_trunc('week', c.started)::date AS week, u.firstname || ' ' || u.lastname AS host,
       count(*) AS calls, round(sum(c.duration) / 3600, 1) AS hours
FROM gong.calls c JOIN gong.users u ON u.id = c.primaryuserid
GROUP BY ALL ORDER BY week DESC, calls DESC, host LIMIT 5""",
    ),
    Question(
        "How many calls have a transcript, by conferencing system?",
        """\
SELECT c.system, count(*) AS calls, count(t.callid) AS transcripts,
       round(100 * count(t.callid) / count(*), 1) AS percent
FROM gong.calls c LEFT JOIN gong.call_transcripts t ON t.callid = c.id
GROUP BY c.system ORDER BY calls DESC, c.system""",
    ),
    Question(
        "Who spoke longest without a break, and in which call? (transcripts joined to the call's parties)",
        """\
WITH monologue AS (
  SELECT callid, unnest(from_json(transcript,
         '[{"speakerId": "VARCHAR", "sentences": [{"start": "BIGINT", "end": "BIGINT"}]}]')) AS m
  FROM gong.call_transcripts),
party AS (
  SELECT id, unnest(from_json(parties,
         '[{"speakerId": "VARCHAR", "name": "VARCHAR", "affiliation": "VARCHAR"}]')) AS p
  FROM gong.calls_extensive)
SELECT p.name, p.affiliation, c.title,
       round((m.sentences[-1]."end" - m.sentences[1].start) / 1000, 1) AS seconds
FROM monologue JOIN party ON party.id = monologue.callid AND p.speakerId = m.speakerId
JOIN gong.calls c ON c.id = monologue.callid
ORDER BY seconds DESC, p.name LIMIT 3""",
    ),
)
