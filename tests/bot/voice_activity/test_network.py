"""Silero in numpy says what onnxruntime says."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pipecat.audio.vad.silero import SileroOnnxModel

from services.bot.voice_activity import weights
from services.bot.voice_activity.network import TOGETHER, WINDOW, Floats, Network
from tests.bot.sentences import sentence

SPEECH = np.frombuffer(sentence("where_is_my_order_4217"), "<i2").astype(np.float32) / 32768
NOISE = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)


def windows(*sounds: NDArray[np.floating]) -> Floats:
    sound = np.concatenate(sounds).astype(np.float32)
    return sound[: len(sound) // WINDOW * WINDOW].reshape(-1, WINDOW)


def sure(network: Network, heard: Floats, together: int = 1) -> list[float]:
    pieces = [heard[at : at + together] for at in range(0, len(heard), together)]
    return [each for piece in pieces for each in network.hear(piece)[0]]


@pytest.mark.parametrize("together", [1, 3, TOGETHER])
@pytest.mark.parametrize(
    "sounds",
    [
        (SPEECH,),
        (0.01 * NOISE, SPEECH, np.zeros(8000, np.float32), SPEECH),
        (SPEECH + 0.05 * np.resize(NOISE, SPEECH.shape),),
        (np.clip(30 * SPEECH, -1, 1), np.ones(4000, np.float32), -np.ones(4000, np.float32)),
        (NOISE.clip(-1, 1),),
    ],
    ids=["speech", "pauses", "noise under it", "clipped", "noise"],
)
def test_it_is_as_sure_as_onnxruntime(
    sounds: tuple[NDArray[np.floating], ...], together: int
) -> None:
    theirs = SileroOnnxModel(str(weights._FILE))  # type: ignore[no-untyped-call]
    expected = [float(theirs(window, 16_000).item()) for window in windows(*sounds)]
    assert sure(Network(), windows(*sounds), together) == pytest.approx(expected, abs=1e-4)


def test_after_a_reset_it_has_heard_nothing() -> None:
    fresh, used = Network(), Network()
    sure(used, windows(SPEECH))
    used.reset()
    assert sure(used, windows(SPEECH)) == sure(fresh, windows(SPEECH))


def test_a_file_of_another_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def read_bytes(self) -> bytes:
            return b"\x3a\x02\x0a\x00"

    monkeypatch.setattr(weights, "_FILE", Other())
    with pytest.raises(ValueError, match="not the Silero model"):
        weights.read()
