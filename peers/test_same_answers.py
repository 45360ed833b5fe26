"""Millwright answers MLflow's own client exactly as MLflow's own server does."""

import pytest

import script


@pytest.fixture(scope="module")
def of_millwright(millwright_url):
    return script.play(millwright_url)


@pytest.mark.parametrize("chapter", [c.__name__ for c in script.CHAPTERS])
def test_same_answers(chapter, of_millwright, of_mlflow):
    script.compare(chapter, of_millwright, of_mlflow)


def test_the_script_says_what_it_means(of_mlflow):
    """Against MLflow no chapter may break off, and steps are named once, or answers would be compared crosswise."""
    broken = [(chapter, answer) for chapter, step, answer in of_mlflow if step == "the chapter broke off"]
    named = [(chapter, step) for chapter, step, _ in of_mlflow]

    assert broken == []
    assert sorted({n for n in named if named.count(n) > 1}) == []
