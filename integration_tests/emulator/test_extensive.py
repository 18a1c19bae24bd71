"""`/v2/calls/extensive` and `/v2/calls/transcript`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

MARCH = datetime(2026, 3, 2, 17, tzinfo=UTC)
SPOTLIGHT = {"brief", "outline", "highlights", "keyPoints"}
EVERYTHING = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "media": True,
        "content": dict.fromkeys(
            ("structure", "topics", "trackers", "trackerOccurrences", "pointsOfInterest", "callOutcome", *SPOTLIGHT),
            True,
        ),
        "interaction": dict.fromkeys(("speakers", "video", "personInteractionStats", "questions"), True),
        "collaboration": {"publicComments": True},
    },
}


def one(client, selector=None, **wanted):
    body = {"filter": wanted, **({"contentSelector": selector} if selector else {})}
    response = client.post("/v2/calls/extensive", body)
    assert response.status_code == 200, response.text
    return response.json()["calls"][0]


def walk(value):
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(part)


def test_blocks_that_were_not_asked_for_are_absent(client, company) -> None:
    company.add_call(MARCH)
    assert set(one(client)) == {"metaData"}
    assert set(one(client, {"exposedFields": {"parties": True}})) == {"metaData", "parties"}
    assert set(one(client, {"context": "Basic"})) == {"metaData", "context"}
    assert set(one(client, {"exposedFields": {"content": {"brief": False}}})) == {"metaData"}


def test_everything_asked_gives_every_block(reader) -> None:
    calls = reader.post("/v2/calls/extensive", {"filter": {}, "contentSelector": EVERYTHING}).json()["calls"]
    blocks = {block for call in calls for block in call}
    assert blocks == {"metaData", "context", "parties", "content", "interaction", "collaboration", "media"}
    assert any("content" not in call for call in calls), "content is absent of some calls even when asked"
    outcomes = [call["content"]["callOutcome"] for call in calls if "callOutcome" in call.get("content", {})]
    assert outcomes
    assert all(set(outcome) == {"id", "category", "name"} for outcome in outcomes)
    assert not any("pointsOfInterest" in call.get("content", {}) for call in calls)


def test_parts_of_the_spotlight_come_later_and_can_be_missing_one_by_one(gong, client, company) -> None:
    for _ in range(60):
        company.add_call(MARCH, content_visible_from=gong.clock.now() + timedelta(hours=1))
    asked = {
        "filter": {},
        "contentSelector": {"exposedFields": {"content": dict.fromkeys((*SPOTLIGHT, "topics"), True)}},
    }
    before = client.post("/v2/calls/extensive", asked).json()["calls"]
    assert all(set(call["content"]) == {"topics"} for call in before)
    gong.clock.advance(timedelta(hours=1))
    found = [set(call["content"]) for call in client.post("/v2/calls/extensive", asked).json()["calls"]]
    assert {"topics", *SPOTLIGHT} in found
    assert any(parts < {"topics", *SPOTLIGHT} for parts in found)


def test_topics_of_zero_seconds_and_trackers_without_hits_are_listed(reader) -> None:
    calls = reader.post("/v2/calls/extensive", {"filter": {}, "contentSelector": EVERYTHING}).json()["calls"]
    contents = [call["content"] for call in calls if "content" in call]
    assert any(topic["duration"] == 0 for content in contents for topic in content["topics"])
    assert any(tracker["count"] == 0 for content in contents for tracker in content["trackers"])


def test_tracker_hits_add_up_and_are_spoken_by_parties(reader) -> None:
    calls = reader.post("/v2/calls/extensive", {"filter": {}, "contentSelector": EVERYTHING}).json()["calls"]
    hits = 0
    for call in calls:
        speakers = {party["speakerId"] for party in call["parties"]}
        for tracker in call.get("content", {}).get("trackers", []):
            assert tracker["count"] == len(tracker["occurrences"]) == sum(p["count"] for p in tracker["phrases"])
            assert {place["speakerId"] for place in tracker["occurrences"]} <= speakers
            hits += tracker["count"]
    assert hits
    bare = {"exposedFields": {"content": {"trackers": True}}}
    first = reader.post("/v2/calls/extensive", {"filter": {}, "contentSelector": bare}).json()["calls"]
    assert all("occurrences" not in t for call in first for t in call.get("content", {}).get("trackers", []))


def test_parties_keep_four_keys_and_leave_out_what_is_unknown(reader) -> None:
    asked = {"filter": {}, "contentSelector": {"exposedFields": {"parties": True}}}
    parties = [party for call in reader.pages("/v2/calls/extensive", "calls", asked) for party in call["parties"]]
    assert all({"id", "affiliation", "methods", "speakerId"} <= set(party) for party in parties)
    for affiliation in ("Internal", "External"):
        spoke = {party["speakerId"] is not None for party in parties if party["affiliation"] == affiliation}
        assert spoke == {True, False}, affiliation
    for key in ("emailAddress", "name", "title", "userId", "phoneNumber"):
        assert any(key not in party for party in parties), key
        assert all(party[key] is not None for party in parties if key in party), key
    assert not any("context" in party for party in parties)


def test_basic_context_has_links_and_extended_has_fields_and_timings(client, company) -> None:
    for _ in range(40):
        company.add_call(MARCH)
    asked = {"filter": {}, "contentSelector": {"context": "Basic", "exposedFields": {"parties": True}}}
    basic = client.post("/v2/calls/extensive", asked).json()["calls"]
    assert not any("fields" in part or "timing" in part for part in walk(basic) if isinstance(part, dict))
    assert any(call["context"] == [] for call in basic)
    asked["contentSelector"] |= {"context": "Extended"}
    extended = client.post("/v2/calls/extensive", asked).json()["calls"]
    objects = [item for call in extended for link in call["context"] for item in link["objects"]]
    assert all("timing" not in item for item in objects if item["objectType"] == "Account")
    assert {item["timing"] for item in objects if item["objectType"] == "Opportunity"} == {"Now"}
    kinds = {type(field["value"]) for item in objects for field in item["fields"]}
    assert kinds == {str, int, float, bool, type(None), list}
    asked["contentSelector"] |= {"contextTiming": ["Now", "TimeOfCall"]}
    both = client.post("/v2/calls/extensive", asked).json()["calls"]
    timings = {part["timing"] for part in walk(both) if isinstance(part, dict) and "timing" in part}
    assert timings == {"Now", "TimeOfCall"}


def test_context_timing_needs_extended(client) -> None:
    body = {"filter": {}, "contentSelector": {"context": "Basic", "contextTiming": ["Now"]}}
    assert client.post("/v2/calls/extensive", body).status_code == 400


def test_media_addresses_come_only_when_asked_and_are_signed_anew(gong, client, company) -> None:
    company.add_call(MARCH, media="Video")
    asked = {"exposedFields": {"media": True}}
    first = one(client, asked)["media"]
    assert set(first) == {"audioUrl", "videoUrl"}
    assert "X-Amz-Expires=28800" in first["audioUrl"]
    gong.clock.advance(timedelta(seconds=1))
    assert one(client, asked)["media"] != first


def test_the_owner_filter_is_honoured(client, company) -> None:
    company.add_call(MARCH)
    other = company.add_call(MARCH, primary_user_id=company.users[3]["id"])
    assert one(client, primaryUserIds=[company.users[3]["id"]])["metaData"]["id"] == other.id


def test_call_ids_select_and_unknown_ones_are_passed_over(client, company) -> None:
    call = company.add_call(MARCH)
    company.add_call(MARCH)
    body = {"filter": {"callIds": [call.id, "123"]}}
    assert [row["metaData"]["id"] for row in client.post("/v2/calls/extensive", body).json()["calls"]] == [call.id]


def test_call_ids_and_dates_hold_together(client, company) -> None:
    call = company.add_call(MARCH)
    wanted = {"callIds": [call.id], "fromDateTime": "2026-03-03T00:00:00Z"}
    assert client.post("/v2/calls/transcript", {"filter": wanted}).status_code == 404


@pytest.mark.parametrize("path", ["/v2/calls/extensive", "/v2/calls/transcript"])
def test_bodies_that_gong_refuses(client, company, path) -> None:
    call = company.add_call(MARCH)
    workspace = company.workspaces[0]["id"]
    for body in ({}, {"filter": {"callIds": []}}, {"filter": {"callIds": [call.id], "workspaceId": workspace}}):
        assert client.post(path, body).status_code == 400, body
    assert client.post(path, {"filter": 7}).json()["errors"] == ["Json parse error"]


def test_a_body_of_another_type_is_415_and_broken_json_is_400(gong, client) -> None:
    url = f"{gong.url}/v2/calls/extensive"
    plain = client.session.post(url, data=b"{}", headers={"Content-Type": "text/plain"}, timeout=10)
    assert (plain.status_code, plain.json()["errors"]) == (415, ["Unsupported Media Type"])
    broken = client.session.post(url, data=b"{", headers={"Content-Type": "application/json"}, timeout=10)
    assert (broken.status_code, broken.json()["errors"]) == (400, ["Json parse error"])


def test_transcripts_are_milliseconds_in_order_and_spoken_by_parties(reader, untouched) -> None:
    rows = reader.pages("/v2/calls/transcript", "callTranscripts", {"filter": {}})
    assert all(set(row) == {"callId", "transcript"} for row in rows)
    monologues = [monologue for row in rows for monologue in row["transcript"]]
    assert any(monologue["topic"] is None for monologue in monologues)
    assert any(monologue["topic"] for monologue in monologues)
    assert any(monologue["speakerId"] is None for monologue in monologues)
    for row in rows[:20]:
        call = untouched.extensive(untouched.call(row["callId"]), {"exposedFields": {"parties": True}})
        speakers = {party["speakerId"] for party in call["parties"]}
        moments = [moment for m in row["transcript"] for s in m["sentences"] for moment in (s["start"], s["end"])]
        assert moments == sorted(moments)
        assert all(isinstance(moment, int) for moment in moments)
        assert {m["speakerId"] for m in row["transcript"]} <= speakers | {None}


def test_calls_without_a_transcript_are_left_out_until_it_comes(gong, client, company) -> None:
    ready = company.add_call(MARCH)
    slow = company.add_call(MARCH, transcript_visible_from=gong.clock.now() + timedelta(minutes=5))
    company.add_call(MARCH, transcript_visible_from=None)
    found = client.post("/v2/calls/transcript", {"filter": {}}).json()
    assert [row["callId"] for row in found["callTranscripts"]] == [ready.id]
    assert found["records"]["totalRecords"] == 1
    gong.clock.advance(timedelta(minutes=5))
    found = client.post("/v2/calls/transcript", {"filter": {}}).json()["callTranscripts"]
    assert {row["callId"] for row in found} == {ready.id, slow.id}


def test_a_transcript_can_come_before_the_extensive_call(gong, client, company) -> None:
    call = company.add_call(MARCH, extensive_visible_from=gong.clock.now() + timedelta(minutes=2))
    wanted = {"filter": {"callIds": [call.id]}}
    assert client.post("/v2/calls/transcript", wanted).status_code == 200
    assert client.post("/v2/calls/extensive", wanted).status_code == 404
    gong.clock.advance(timedelta(minutes=2))
    assert client.post("/v2/calls/extensive", wanted).status_code == 200


def test_a_new_revision_changes_content_and_title_and_nothing_of_the_past(client, company) -> None:
    call = company.add_call(MARCH)
    before = one(client, EVERYTHING)
    call.revision += 1
    after = one(client, EVERYTHING)
    assert after["metaData"]["title"] != before["metaData"]["title"]
    assert after["content"] != before["content"]
    assert after["metaData"]["started"] == before["metaData"]["started"]


def test_comments_are_listed_once_posted(gong, client, company) -> None:
    for _ in range(40):
        company.add_call(gong.clock.now() - timedelta(hours=1))
    asked = {"filter": {}, "contentSelector": {"exposedFields": {"collaboration": {"publicComments": True}}}}

    def count() -> int:
        calls = client.post("/v2/calls/extensive", asked).json()["calls"]
        return sum(len(call["collaboration"]["publicComments"]) for call in calls)

    before = count()
    gong.clock.advance(timedelta(days=8))
    assert count() > before
