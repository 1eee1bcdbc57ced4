"""`make calls` in a terminal."""

from pathlib import Path

import numpy as np
import pytest

from calls import __main__ as command
from calls import place
from calls.search import Index
from calls.shelf import RATE, Shelf, peaks
from tests.calls.conftest import Stored


@pytest.fixture
def here(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> Stored:
    monkeypatch.setattr(command, "on_laptop", lambda port: stored.place)
    return stored


def test_without_a_running_stack_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "on_laptop", lambda port: place.on_laptop(port, tmp_path))
    assert command.main([]) == 1
    assert "make run" in capsys.readouterr().err


def test_it_lists_calls_that_are_over(here: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    (line,) = [line for line in lines if here.recorded in line]
    assert "order-desk" in line
    assert "3 turns" in line
    assert "recorded" in line
    assert "$0.0180" in line


def test_it_finds_words_that_were_said_and_what_tools_told(
    here: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ("kettle", "blue KETT", "shipped", "4217"):
        assert command.main(["--find", words]) == 0
        out = capsys.readouterr().out
        assert here.recorded in out
        assert here.evil not in out
    assert command.main(["--find", "nobody said this"]) == 0
    assert "No calls" in capsys.readouterr().out
    assert command.main(["--find", '"; DROP TABLE said; -- NEAR( *']) == 0


def test_it_reads_a_call_in_order_of_time(here: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--id", here.recorded]) == 0
    out = capsys.readouterr().out
    said = [out.index(words) for words in ("Hello!", "kettle", "track_order", "on its way")]
    assert said == sorted(said)


def test_what_a_caller_says_does_nothing_to_the_terminal(
    here: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--id", here.evil]) == 0
    assert command.main(["--find", "onerror"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_an_unknown_call_is_named(here: Stored, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = "ses_" + 22 * "x"
    assert command.main(["--id", nobody]) == 1
    assert nobody in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["--id", "../../etc/passwd"])


def test_pieces_of_a_recording_lie_where_they_were_heard(here: Stored) -> None:
    shelf = Shelf(here.place)
    transcript = shelf.read(here.recorded)
    sound = shelf.sound(transcript)
    start = round(transcript.recording[0].start * RATE)
    assert not sound[:start].any()
    second, third = start + 2 * RATE, start + 4 * RATE
    assert np.abs(sound[start + 100 : second]).max(axis=0) == pytest.approx([4000, 16000], rel=0.01)
    # What never got to the bucket is silent, and what follows is in its place all the same.
    assert not sound[second + 200 : third - 200].any()
    assert sound[third + 200 :].any()
    caller, agent = peaks(sound, 100)
    assert len(caller) == len(agent) == 100
    assert max(agent) == pytest.approx(0.488, abs=0.01)


def test_a_call_is_deleted_everywhere_once_it_is_over(
    here: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--delete", here.running]) == 1
    assert "going on" in capsys.readouterr().err
    assert command.main(["--delete", here.evil]) == 0
    assert "2 files, 3 items" in capsys.readouterr().out
    s3, dynamodb = here.place.s3, here.place.dynamodb
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=here.place.bucket)["Contents"]]
    assert not [key for key in keys if here.evil in key]
    items = dynamodb.scan(TableName=here.place.table)["Items"]
    assert not [item for item in items if here.evil in str(item)]
    assert [item for item in items if here.recorded in str(item)]
    # It may be deleted again, in case the first time was cut short.
    assert command.main(["--delete", here.evil]) == 0


def test_the_index_knows_words_without_their_accents(here: Stored) -> None:
    transcript = Shelf(here.place).read(here.recorded)
    turn = transcript.turns[0].model_copy(update={"text": "Il caffè è già pronto"})
    index = Index([transcript.model_copy(update={"turns": (turn,)})])
    (hit,) = index.find("caffe gia")
    assert "\x02caffè\x03" in hit.excerpt
    assert index.find("") == []
