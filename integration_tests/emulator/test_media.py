"""The host of recordings: a second port, signed addresses, ranges, and faults on demand."""

from __future__ import annotations

import io
from datetime import timedelta

import av
import pytest
import requests

from gong_emulator import Fault, MediaFile

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def call(gong, company):
    return company.add_call(gong.clock.now() - timedelta(days=3), media="Video")


def addresses(client, call) -> dict[str, str]:
    body = {"filter": {"callIds": [call.id]}, "contentSelector": {"exposedFields": {"media": True}}}
    return client.post("/v2/calls/extensive", body).json()["calls"][0]["media"]


def fetch(address: str, **options) -> requests.Response:
    return requests.get(address, timeout=5, allow_redirects=False, **options)


def test_recordings_come_from_a_second_port_and_play(gong, client, call) -> None:
    found = addresses(client, call)
    assert gong.media_url != gong.url
    for medium in ("audio", "video"):
        assert found[f"{medium}Url"].startswith(gong.media_url)
        answer = fetch(found[f"{medium}Url"])
        assert answer.headers["Content-Type"].startswith(medium)
        with av.open(io.BytesIO(answer.content)) as opened:
            assert [track.type for track in opened.streams] == [medium]
            assert sum(1 for _ in opened.decode(opened.streams[0])) >= 10


def test_a_call_without_video_has_no_address_of_one(client, call) -> None:
    call.media = "Audio"
    assert set(addresses(client, call)) == {"audioUrl"}


def test_a_signed_address_dies_after_eight_hours_and_opens_nothing_else(gong, client, call) -> None:
    address = addresses(client, call)["audioUrl"]
    assert fetch(address).status_code == 200
    assert fetch(address.replace("/audio/", "/video/")).status_code == 403
    assert fetch(address.partition("?")[0]).status_code == 403
    gong.clock.advance(timedelta(hours=8))
    assert fetch(address).status_code == 200
    gong.clock.advance(timedelta(seconds=1))
    assert fetch(address).status_code == 403


def test_credentials_beside_the_signature_are_refused(gong, client, call) -> None:
    address = addresses(client, call)["audioUrl"]
    assert fetch(address, auth=("emulator-key", "emulator-secret")).status_code == 400
    assert [entry.authorization for entry in gong.media.requests] == ["Basic"]
    assert "emulator-secret" not in str([entry.to_json() for entry in gong.media.requests])


def test_a_part_of_a_recording_is_a_206(gong, client, call) -> None:
    gong.media.put(call.id, "audio", MediaFile("audio/mpeg", CONTENT))
    address = addresses(client, call)["audioUrl"]
    whole = fetch(address)
    part = fetch(address, headers={"Range": "bytes=100-199", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, CONTENT[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(CONTENT)}"
    assert fetch(address, headers={"Range": "bytes=100-", "If-Range": '"other"'}).content == CONTENT
    assert fetch(address, headers={"Range": "bytes=20000-"}).status_code == 416


def test_faults_of_the_media_host_are_its_own(gong, client, call) -> None:
    gong.media.put(call.id, "audio", MediaFile("audio/mpeg", CONTENT))
    address = addresses(client, call)["audioUrl"]
    gong.faults.add(
        Fault("reply", status=503, host="media"),
        Fault("ignore_range", host="media", nth=2),
        Fault("long_body", host="media", nth=3),
        Fault("cut_body", host="media", nth=4, bytes=100),
        Fault("no_length", host="media", nth=5),
    )
    assert client.get("/v2/users").status_code == 200
    ranged = {"headers": {"Range": "bytes=0-9"}}
    assert fetch(address, **ranged).status_code == 503
    assert fetch(address, **ranged).content == CONTENT
    assert len(fetch(address, **ranged).content) > 10
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch(address)
    assert "Content-Length" not in fetch(address).headers


def test_a_file_of_any_size_takes_no_memory(gong, client, call) -> None:
    gong.media.put(call.id, "audio", MediaFile("audio/mpeg", zeros=3 * 2**30))
    with fetch(addresses(client, call)["audioUrl"], stream=True) as answer:
        assert answer.headers["Content-Length"] == str(3 * 2**30)
        assert next(answer.iter_content(10)) == bytes(10)
