"""Evidence files: what is kept and how, room for it, the scanner, and what is spoilt (F11 to F15)."""

from __future__ import annotations

import io
import random
import socketserver
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client
from PIL import Image

from mhep.shared import vault
from outcomes.enums import EvidenceState
from outcomes.models import EvidenceFile, OutcomeDraft
from outcomes.selectors.drafts import read_draft
from outcomes.selectors.evidence import all_evidence, proof_of
from outcomes.services.claims import discard_draft, submit_claim
from outcomes.services.evidence import (
    MOST_FILES,
    ORPHANED,
    CannotAddEvidence,
    EvidenceSpoilt,
    Upload,
    add_evidence,
    check_evidence,
    hand_out,
    remove_evidence,
    scan_evidence,
)
from tests.cast import Cast, a_cast
from tests.outcomes.drafts import (
    AT,
    demanding,
    draft_of,
    edit,
    every_file,
    every_reading,
    office,
    pdf,
    person,
    picture,
)
from tests.shared.keys import new_key

NO_SCANNER = "This demo has no virus scanner."
HARM = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class _Clamd(socketserver.BaseRequestHandler):
    """Speaks clamd's INSTREAM: finds the harmless test signature, and is silent when told to be."""

    answers = True

    def handle(self) -> None:
        assert self._read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self._read(4))[0]:
            content += self._read(size)
        if _Clamd.answers:
            found = b"stream: Eicar-Test FOUND\0" if HARM in content else b"stream: OK\0"
            self.request.sendall(found)

    def _read(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            piece: bytes = self.request.recv(size - len(content))
            assert piece
            content += piece
        return content


@pytest.fixture
def scanner(settings: Any) -> Iterator[type[_Clamd]]:
    """A scanner on a socket of this machine, as clamd is."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        _Clamd.answers = True
        yield _Clamd
        server.shutdown()


def added(
    draft: OutcomeDraft, content: bytes, name: str = "payslip.pdf", kind: str = "payslip"
) -> EvidenceFile:
    upload = Upload(content, name)
    return add_evidence(draft_id=draft.pk, kind=kind, upload=upload, actor=draft.author, at=AT)


@pytest.fixture
def draft(cast: Cast, vault_folder: Path) -> OutcomeDraft:
    return draft_of(cast.specialist, person(cast))


@pytest.mark.django_db
def test_bytes_are_encrypted_under_a_random_name_and_come_back_as_they_were(
    draft: OutcomeDraft, tmp_path: Path
) -> None:
    content = pdf(b"wages of a made-up person")
    file = added(draft, content, "Payslip of Example Person.pdf")

    (stored,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (stored.parent.parent.name, stored.name) == ("evidence", file.key.hex)
    assert stored.stat().st_mode & 0o077 == 0
    assert b"wages" not in stored.read_bytes()
    assert hand_out(file=file, viewer=draft.author, at=AT) == content
    with all_evidence(), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM outcomes_evidencefile")
        assert "Example" not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_f12_what_the_camera_wrote_is_gone_from_every_picture(draft: OutcomeDraft) -> None:
    exif = Image.Exif()
    exif[0x010E] = "made-up description"
    exif[0x0112] = 6  # taken with the telephone on its side
    exif.get_ifd(0x8825)[1] = "N"
    files = [
        added(draft, picture(exif=exif, comment=b"made-up comment"), "IMG_1.jpg"),
        added(draft, picture("PNG", exif=exif), "IMG_2.png"),
    ]
    for file in files:
        with Image.open(io.BytesIO(vault.get(file.key))) as kept:
            assert kept.size == (480, 640)
            assert dict(kept.getexif()) == {}
            assert not {"exif", "comment", "icc_profile"} & set(kept.info)
        assert b"made-up" not in vault.get(file.key)


@pytest.mark.django_db
def test_the_same_file_sent_twice_is_kept_once(draft: OutcomeDraft) -> None:
    photo = picture()
    assert added(draft, photo, "a.jpg").pk == added(draft, photo, "b.jpg").pk
    assert len(list(vault.keys(older_than=-60))) == 1


@pytest.mark.django_db
def test_a_file_makes_its_kind_count_and_stays_once_the_outcome_is_submitted(
    cast: Cast, draft: OutcomeDraft
) -> None:
    demanding(cast)
    added(draft, pdf(), kind="consent_form")
    first = added(draft, picture(), "a.jpg")
    draft.refresh_from_db()
    assert read_draft(draft, AT.date()).passes
    remove_evidence(file_id=first.pk, actor=cast.specialist, at=AT)
    assert not read_draft(draft, AT.date()).passes
    added(draft, picture(), "a.jpg")
    event = submit_claim(edit=edit(draft, cast.specialist))
    assert sorted(event.evidence) == ["consent_form", "payslip"]
    proof = proof_of(cast.analyst, event)
    assert sorted(file.kind for file in proof) == ["consent_form", "payslip"]
    with pytest.raises(CannotAddEvidence, match="stays"):
        remove_evidence(file_id=proof[0].pk, actor=cast.specialist, at=AT)
    with pytest.raises(CannotAddEvidence, match="submitted or deleted"):
        added(draft, picture(), "late.jpg")


@pytest.mark.django_db(transaction=True)
def test_removed_files_and_those_of_a_deleted_draft_leave_no_bytes(vault_folder: Path) -> None:
    cast = a_cast()
    draft = draft_of(cast.specialist, person(cast))
    gone, last = added(draft, pdf(b"1")), added(draft, pdf(b"2"))
    remove_evidence(file_id=gone.pk, actor=cast.specialist, at=AT)
    assert [key.hex for key in vault.keys(older_than=-60)] == [last.key.hex]
    discard_draft(draft_id=draft.pk, actor=cast.specialist, at=AT)
    assert list(vault.keys(older_than=-60)) == []


# The scanner


@pytest.mark.django_db
def test_without_a_scanner_a_file_is_not_yet_scanned(draft: OutcomeDraft) -> None:
    assert added(draft, pdf()).state == EvidenceState.RECEIVED


@pytest.mark.django_db
def test_f11_harm_is_found_and_locked_away_and_counts_for_nothing(
    cast: Cast, draft: OutcomeDraft, scanner: type[_Clamd]
) -> None:
    assert added(draft, pdf()).state == EvidenceState.CLEAN
    bad = added(draft, pdf(HARM), kind="contract")
    assert (bad.state, bad.finding) == (EvidenceState.QUARANTINED, "Eicar-Test")
    assert read_draft(draft, AT.date()).kinds == ("payslip",)
    with pytest.raises(DatabaseError, match="never taken back"), all_evidence():
        EvidenceFile.objects.filter(pk=bad.pk).update(state=EvidenceState.CLEAN)


@pytest.mark.django_db
def test_f11_a_scanner_that_says_nothing_leaves_the_file_unscanned_until_it_speaks(
    draft: OutcomeDraft, scanner: type[_Clamd]
) -> None:
    scanner.answers = False
    file = added(draft, pdf())
    assert (file.state, file.scanned_at) == (EvidenceState.RECEIVED, None)
    scanner.answers = True
    assert check_evidence(at=AT).scanned == 1
    assert scan_evidence(file_id=file.pk, at=AT).state == EvidenceState.CLEAN


@pytest.mark.django_db
def test_a_scan_that_was_cut_off_is_done_again(draft: OutcomeDraft, scanner: type[_Clamd]) -> None:
    scanner.answers = False
    cut_off = added(draft, pdf(b"2"))
    with all_evidence():
        EvidenceFile.objects.filter(pk=cut_off.pk).update(state=EvidenceState.SCANNING, scanned_at=AT)
    scanner.answers = True
    assert check_evidence(at=AT + timedelta(minutes=5)).scanned == 0
    assert check_evidence(at=AT + timedelta(minutes=11)).scanned == 1


@pytest.mark.django_db
def test_f11_in_the_demo_a_stand_in_opens_the_way_to_the_verifier_and_says_what_it_is(
    cast: Cast, draft: OutcomeDraft, settings: Any, client: Client
) -> None:
    settings.STAND_IN_SCANNER = True
    file = added(draft, pdf())
    bad = added(draft, office({"word/media/1.bin": HARM}), "contract.docx", kind="contract")
    assert (file.state, bad.state) == (EvidenceState.CLEAN, EvidenceState.QUARANTINED)
    client.force_login(cast.analyst)
    assert client.get(f"/programmes/WL-IPS/evidence/{file.key}/").status_code == 200
    client.force_login(cast.specialist)
    page = client.get(f"/programmes/WL-IPS/outcomes/drafts/{draft.token}/evidence/")
    assert NO_SCANNER in page.content.decode()

    settings.STAND_IN_SCANNER = False
    page = client.get(f"/programmes/WL-IPS/outcomes/drafts/{draft.token}/evidence/")
    assert NO_SCANNER not in page.content.decode()


@pytest.mark.django_db
def test_f11_where_clamd_is_named_the_stand_in_is_not_asked(
    draft: OutcomeDraft, scanner: type[_Clamd], settings: Any
) -> None:
    settings.STAND_IN_SCANNER = True
    scanner.answers = False
    assert added(draft, pdf()).state == EvidenceState.RECEIVED


# Room


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "words"), [("EVIDENCE_QUOTA", "Your organisation"), ("EVIDENCE_DAILY_QUOTA", "in a day")]
)
def test_f14_a_file_that_does_not_fit_is_refused_and_leaves_nothing(
    draft: OutcomeDraft, settings: Any, limit: str, words: str
) -> None:
    setattr(settings, limit, len(pdf()))
    added(draft, pdf())
    with pytest.raises(CannotAddEvidence, match=words):
        added(draft, pdf(b"2"))
    assert len(list(vault.keys(older_than=-60))) == 1


@pytest.mark.django_db
def test_an_outcome_takes_a_few_files_only(draft: OutcomeDraft) -> None:
    for number in range(MOST_FILES):
        added(draft, pdf(b"%d" % number))
    with pytest.raises(CannotAddEvidence, match="takes 10 files"):
        added(draft, pdf(b"one more"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["EVIDENCE_QUOTA", "EVIDENCE_DAILY_QUOTA"])
def test_f14_the_quota_holds_under_sixteen_uploads_at_once(
    vault_folder: Path, settings: Any, limit: str
) -> None:
    cast = a_cast()
    drafts = [draft_of(cast.specialist, person(cast, f"P-00{number}")) for number in (1, 2, 3)]
    contents = [pdf(b"%04d" % number) for number in range(16)]
    setattr(settings, limit, 5 * len(contents[0]) + 1)
    gate, refused = threading.Barrier(16), []

    def go(number: int) -> None:
        gate.wait()
        try:
            added(drafts[number % 3], contents[number])
        except CannotAddEvidence as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(every_file()), len(refused)) == (5, 11)
    assert len(list(vault.keys(older_than=-60))) == 5


# Spoilt bytes, and the check


@pytest.mark.django_db
def test_f15_one_flipped_bit_in_each_of_two_hundred_files_is_noticed_on_reading_and_by_the_check(
    cast: Cast, vault_folder: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EVIDENCE_DAILY_QUOTA = 10**9
    dice = random.Random(15)  # noqa: S311 - which bit does not matter
    files = []
    for number in range(20):
        draft = OutcomeDraft.objects.create(
            programme=cast.programme, author=cast.specialist, participant=person(cast), changed_at=AT
        )
        files += [added(draft, pdf(b"%d %d" % (number, each))) for each in range(10)]
    assert check_evidence(at=AT).sound == 200
    for file in files:
        path = vault_folder / file.key.hex[:2] / file.key.hex
        content = bytearray(path.read_bytes())
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(bytes(content))
    for file in files:
        with pytest.raises(EvidenceSpoilt):
            hand_out(file=file, viewer=cast.specialist, at=AT)
    found = check_evidence(at=AT)
    assert (found.sound, len(found.spoilt)) == (0, 200)
    assert sum("spoilt" in record.message for record in caplog.records) == 400


@pytest.mark.django_db
def test_bytes_of_another_file_in_its_place_are_noticed(draft: OutcomeDraft, vault_folder: Path) -> None:
    one, two = added(draft, pdf(b"1")), added(draft, pdf(b"2"))
    where = [vault_folder / file.key.hex[:2] / file.key.hex for file in (one, two)]
    where[0].write_bytes(where[1].read_bytes())
    with pytest.raises(EvidenceSpoilt):
        hand_out(file=one, viewer=draft.author, at=AT)
    where[1].unlink()
    assert set(check_evidence(at=AT).spoilt) == {one.key, two.key}


@pytest.mark.django_db
def test_the_command_ends_with_an_error_only_if_a_file_is_spoilt(
    draft: OutcomeDraft, capsys: pytest.CaptureFixture[str]
) -> None:
    file = added(draft, pdf())
    call_command("check_evidence")
    assert "1 sound" in capsys.readouterr().out
    vault.remove(file.key)
    with pytest.raises(SystemExit):
        call_command("check_evidence")
    assert str(file.key) in capsys.readouterr().err


@pytest.mark.django_db
def test_the_check_deletes_bytes_without_a_row_and_encrypts_anew_with_the_first_key(
    draft: OutcomeDraft, vault_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = added(draft, pdf())
    orphan = EvidenceFile(draft=draft).key
    vault.put(orphan, b"nobody's")
    settings.FIELD_KEYS = ["later:" + "bGF0ZXIK" * 5 + "bGE=", *settings.FIELD_KEYS]
    assert check_evidence(at=AT).orphans == 0
    assert (vault_folder / file.key.hex[:2] / file.key.hex).read_bytes().startswith(b"later.")
    assert hand_out(file=file, viewer=draft.author, at=AT) == pdf()
    monkeypatch.setattr("mhep.shared.vault.time.time", lambda: 2 * 10**9 + ORPHANED)
    assert check_evidence(at=AT).orphans == 1
    assert check_evidence(at=AT).sound == 1


# The database


@pytest.mark.django_db
@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM outcomes_evidencefile",
        "UPDATE outcomes_evidencefile SET sha256 = repeat('0', 64)",
        "UPDATE outcomes_evidencefile SET kind = 'contract'",
        "UPDATE outcomes_evidencefile SET uploaded_by_id = uploaded_by_id + 1",
        "UPDATE outcomes_evidencefile SET state = 'FINE'",
        "UPDATE outcomes_evidencefile SET state = 'CLEAN'",
        "UPDATE outcomes_evidenceview SET viewer_id = viewer_id + 1",
        "DELETE FROM outcomes_evidenceview",
    ],
)
def test_the_database_refuses_to_rewrite_evidence_and_who_saw_it(draft: OutcomeDraft, attack: str) -> None:
    file = added(draft, pdf())
    hand_out(file=file, viewer=draft.author, at=AT)
    with pytest.raises(DatabaseError), all_evidence():
        connection.cursor().execute(attack)
    assert [each.viewer for each in every_reading()] == [draft.author]


@pytest.mark.django_db
def test_o6_names_change_their_key_and_are_the_same_afterwards(draft: OutcomeDraft, settings: Any) -> None:
    old, new = new_key("old"), new_key("new")
    settings.FIELD_KEYS = [old]
    kept, removed = (added(draft, pdf(text), f"{text.decode()}.pdf") for text in (b"kept", b"removed"))
    remove_evidence(file_id=removed.pk, actor=draft.author, at=AT)
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_field_keys", stdout=io.StringIO())
    settings.FIELD_KEYS = [new]
    assert {file.name for file in every_file()} == {"kept.pdf", "removed.pdf"}
    with pytest.raises(DatabaseError, match="stays as it came in"), all_evidence():
        EvidenceFile.objects.filter(pk=kept.pk).update(name="other.pdf")
