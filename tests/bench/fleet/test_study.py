"""From simulated days to tables and a picture, with an hour instead of a day."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.bench.fleet import sizes
from tests.bench.fleet.chart import draw
from tests.bench.fleet.day import Day, Scenario, simulate, simulate_all
from tests.bench.fleet.study import Study, fullest, study
from tests.bench.fleet.tables import figures
from tests.bench.fleet.words import duration, share


@pytest.fixture
async def an_hour(monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setitem(sizes.HOURS, 1_000, 1.0)
    return await study([1_000], [40, 60], print)


async def test_a_study_is_told_and_drawn(an_hour: Study) -> None:
    tables = figures(an_hour)
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert [row[0] for row in tables[0].rows] == [
        "1,000 calls (2 vCPU, 28 places)",
        "1,000 calls, 2-fold bursts",
        "1,000 calls, 3-fold bursts",
    ]
    picture = ElementTree.fromstring(draw(an_hour))  # noqa: S314  we have just drawn it
    texts = ["".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "A day of 1,000 calls at once in the busiest hour" in texts
    assert texts.count("1,000 calls") == 2


async def test_days_in_other_processes_are_the_same_days() -> None:
    scenario = Scenario(calls=100, hours=0.5)
    other = replace(scenario, seed=2)
    assert await simulate_all([scenario, other]) == {
        scenario: simulate(scenario),
        other: simulate(other),
    }


async def test_a_mistake_in_another_process_is_told() -> None:
    with pytest.raises(KeyError):
        await simulate_all([Scenario(calls=7)])


def test_the_fullest_setting_has_no_bad_one_below_it() -> None:
    fine = simulate(Scenario(calls=1_000, hours=0.1))
    bad = replace(fine, burst_p99=5.0)
    assert fullest({30: fine, 40: fine, 50: bad, 60: fine}) == 40
    assert fullest({30: bad, 40: fine}) is None


def test_a_bill_counts_every_hour_of_calls_and_tasks() -> None:
    day: Day = simulate(Scenario(calls=1_000, hours=2))
    bill = day.bill
    assert bill.month == pytest.approx(bill.call_hour * bill.call_hours)
    # `make cost` takes the same calls to be in tasks that are as full as they should be.
    assert 0.7 < bill.model / bill.call_hours < 0.9
    assert 0.003 < bill.tasks / bill.call_hours < 0.02


def test_numbers_are_said_briefly() -> None:
    assert [duration(each) for each in (0.031, 0.9999, 9.96, 119.0, 180.0)] == [
        "31 ms",
        "1.0 s",
        "10 s",
        "119 s",
        "3 min",
    ]
    assert [share(each) for each in (0.0, 0.0001, 0.005, 0.123)] == ["0", "<0.1", "0.5", "12"]
