"""The styles: compiled once, without anything that belongs to GOV.UK alone, and not needed for a start."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mhep import stylesheets
from mhep.stylesheets import CHECKOUT, CannotBuild

BUILT = CHECKOUT / "static" / "build"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the style sources alone."""
    shutil.copytree(CHECKOUT / "styles", tmp_path / "styles")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(CHECKOUT / name, tmp_path)
    return tmp_path


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)


@pytest.mark.usefixtures("no_node")
def test_without_node_the_build_says_so_and_a_start_goes_on(
    monkeypatch: pytest.MonkeyPatch, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotBuild, match="no npm"):
        stylesheets.build(checkout)
    monkeypatch.setattr(stylesheets, "build", lambda: stylesheets.find_node().origin)
    assert stylesheets.main([]) == 0
    assert "The pages work without them but look plain" in capsys.readouterr().out
    assert stylesheets.main(["--required"]) == 1


@pytest.mark.usefixtures("no_node")
def test_nothing_is_compiled_again_until_a_source_changes(checkout: Path) -> None:
    target = checkout / "static" / "build"
    target.mkdir(parents=True)
    (target / ".built-from").write_text(stylesheets._digest(checkout))
    with pytest.raises(CannotBuild):  # the styles themselves are gone
        stylesheets.build(checkout)
    (target / "mhep.css").touch()
    assert stylesheets.build(checkout) == "The styles are up to date."
    (checkout / "styles" / "_money.scss").write_text("// changed")
    with pytest.raises(CannotBuild):
        stylesheets.build(checkout)


def test_an_old_node_is_passed_over_for_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.20.4\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stylesheets.find_node().origin == "npm from its wheel"


@pytest.mark.skipif(not (BUILT / "mhep.css").exists(), reason="the styles are not built: make setup")
def test_the_built_styles_carry_nothing_that_is_govuk_s_own_and_load_nothing_from_elsewhere() -> None:
    css = (BUILT / "mhep.css").read_text().lower()
    assert ".govuk-button" in css
    assert ".mhep-header" in css
    for word in (
        "gds transport",
        "crown",
        "crest",
        ".govuk-header",
        ".govuk-footer",
        "@import",
        "url(",
        "@font-face",
    ):
        assert word not in css, word


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (CHECKOUT / "package-lock.json").read_text()
