"""Nova Sonic's voices and languages.

Source: Amazon Nova 2 user guide, "Language support and multilingual capabilities", of 2026-11. A
voice that AWS adds needs a row here.
"""

from typing import Literal, get_args

Voice = Literal[
    "ambre",
    "amy",
    "arjun",
    "beatrice",
    "carlos",
    "carolina",
    "florian",
    "kiara",
    "lennart",
    "leo",
    "lorenzo",
    "lupe",
    "matthew",
    "olivia",
    "tiffany",
    "tina",
]

Language = Literal[
    "de-DE",
    "en-AU",
    "en-GB",
    "en-IN",
    "en-US",
    "es-US",
    "fr-FR",
    "hi-IN",
    "it-IT",
    "pt-BR",
]

VOICES: dict[Language, tuple[Voice, ...]] = {
    "en-US": ("tiffany", "matthew"),
    "en-GB": ("amy",),
    "en-AU": ("olivia",),
    "en-IN": ("kiara", "arjun"),
    "fr-FR": ("ambre", "florian"),
    "it-IT": ("beatrice", "lorenzo"),
    "de-DE": ("tina", "lennart"),
    "es-US": ("lupe", "carlos"),
    "pt-BR": ("carolina", "leo"),
    "hi-IN": ("kiara", "arjun"),
}
"""The voices that are at home in each language."""

POLYGLOTS: tuple[Voice, ...] = ("tiffany", "matthew")
"""Voices that speak every language."""


def languages_of(voice: Voice) -> tuple[Language, ...]:
    """The languages that a voice speaks; dialects of its own language are no obstacle to it."""
    if voice in POLYGLOTS:
        return get_args(Language)
    at_home = {language[:2] for language, voices in VOICES.items() if voice in voices}
    return tuple(language for language in get_args(Language) if language[:2] in at_home)


def voices_for(languages: tuple[Language, ...]) -> list[Voice]:
    """The voices that speak all of some languages."""
    return [voice for voice in get_args(Voice) if set(languages) <= set(languages_of(voice))]
