"""Slow, obvious references of the text kernels, on Python strings."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import cache

from lakeprep.kernels import unicode as u

ENDINGS = re.compile(r"(?i)(?:['’][smd]|(?<=.n)['’]t|['’](?:re|ve|ll))\Z", re.S)


@cache
def has(char: str, bit: int) -> bool:
    return bool(int(u.tables().flags[ord(char)]) & bit)


@cache
def is_word(char: str) -> bool:
    """Letter, number, mark or format character, and not a token of its own."""
    return has(char, u.WORD | u.JOINED) and not has(char, u.IDEOGRAPH)


def joins(char: str, before: str, after: str) -> bool:
    letters = before.isalpha(), after.isalpha()
    if char in "'’":
        return True
    if char == ".":
        return not (letters[0] and not before.isupper() and after.isupper())
    if char == ",":
        return letters != (True, True)
    if char in "-–—~":
        return not letters[1] and (letters[0] or char != "-")
    if char in "+*^":
        return letters != (False, False)
    if char in ":/<=>":
        return not letters[1]
    return "!" <= char <= "~"


def address(text: str) -> str:
    match = re.match(r"(?i)(?:https?://|www\.)([!-~]+)", text, re.A)
    if match is None:
        return ""
    body = re.split(r'[<>"]', match[1])[0].rstrip("!'()*,.:;?[]_{|}~")
    return match[0][: len(match[0]) - len(match[1])] + body if body else ""


def tokens(text: str) -> list[str]:
    """RULES.md section 1, "our words"; see the docstring of kernels/words.py."""
    found = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace() or char == "\u200b":
            at += 1
            continue
        if is_word(char):
            word = address(text[at : at + 5000]) or word_at(text, at)
            at += len(word)
            if word.endswith(".") or re.match(r"(?i)(https?:|www)", word):
                found.append(word)
                continue
            cut = contraction(word)
            found += [part for part in (word[:cut], word[cut:]) if part]
            continue
        inner = text[at + 1 : at + 2]
        spaced = at == 0 or text[at - 1].isspace() or text[at - 1] == "\u200b"
        leads = spaced and inner and char in "/-@~\\=+|." and is_word(inner)
        if leads and not has(inner, u.JOINED):
            word = word_at(text, at + 1)
            cut = len(word) if word.endswith(".") else contraction(word)
            found += [part for part in (char + word[:cut], word[cut:]) if part]
            at += 1 + len(word)
            continue
        end = at + 1
        while char in ".-" and text[end : end + 1] == char:
            end += 1
        while end < len(text) and has(text[end], u.JOINED):
            end += 1
        found.append(text[at:end])
        at = end
    return found


def word_at(text: str, start: int) -> str:
    end = start
    bases = ""  # what the run is made of, without marks; a joint hides what stands before it
    while end < len(text):
        if is_word(text[end]):
            if not has(text[end], u.JOINED):
                bases += text[end]
            end += 1
            continue
        after = text[end + 1 : end + 2]
        inner = after and bases and is_word(after) and not has(after, u.JOINED)
        if inner and joins(text[end], bases[-1], after):
            bases += "\n" + after
            end += 2
            continue
        if text[end] == "." and bases and bases[-1].isupper() and not bases[-2:-1].isupper():
            end += 1
        break
    return text[start:end]


def contraction(word: str) -> int:
    match = ENDINGS.search(word)
    if match is None or match.start() == 0:
        return len(word)
    start = match.start()
    return start - 1 if word[-1] in "tT" else start


def is_symbol(token: str) -> bool:
    return all(has(char, u.SYMBOL) for char in token)


def lower(text: str) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def sentence_count(words: list[str]) -> int:
    count, boundary = 0, True
    for token in words:
        punctuation = all(unicodedata.category(c)[0] == "P" for c in token)
        if boundary and (count == 0 or not punctuation):
            count, boundary = count + 1, False
        if len(token) == 1 and has(token, u.TERMINAL):
            boundary = True
    return count


def duplicates(items: list[str]) -> int:
    seen: set[str] = set()
    total = 0
    for item in items:
        total += len(item) if item in seen else 0
        seen.add(item)
    return total


def ratio(above: float, below: float) -> float:
    return above / below if below else 0.0


def signals(text: str, stop_words: frozenset[str] = frozenset()) -> dict[str, float]:
    w = tokens(text)
    n = [token for token in w if not is_symbol(token)]
    split = text.splitlines()
    lines = [line for line in text.split("\n") if line.strip()]
    folded = Counter(lower(token) for token in n)
    total = len(text)

    def share(test: object) -> float:
        return ratio(sum(1 for c in text if test(c)), total)  # type: ignore[operator]

    return {
        "word_count": len(n),
        "mean_word_length": ratio(sum(map(len, n)), len(n)),
        "hash_ratio": ratio(text.count("#"), len(w)),
        "ellipsis_ratio": ratio(text.count("...") + text.count("…"), len(w)),
        "bullet_line_ratio": ratio(
            sum(s.lstrip().startswith(("•", "-")) for s in split), len(split)
        ),
        "ellipsis_line_ratio": ratio(
            sum(s.rstrip().endswith(("...", "…")) for s in split), len(split)
        ),
        "alpha_word_ratio": ratio(sum(any(c.isalpha() for c in t) for t in w), len(w)),
        "stop_word_count": len(stop_words & set(w)),
        "terminal_line_ratio": ratio(sum(has(s[-1], u.TERMINAL) for s in lines), len(lines)),
        "short_line_ratio": ratio(sum(len(s) <= 30 for s in lines), len(lines)),
        "dup_char_ratio": ratio(duplicates(lines), len(text.replace("\n", ""))),
        "newline_word_ratio": ratio(text.count("\n"), len(w)),
        "upper_char_ratio": share(str.isupper),
        "digit_char_ratio": share(str.isdecimal),
        "symbol_char_ratio": share(
            lambda c: unicodedata.category(c)[0] not in "LNM" and not c.isspace()
        ),
        "space_char_ratio": share(str.isspace),
        "unique_word_ratio": ratio(len(folded), len(n)),
        "unigram_entropy": -sum(k / len(n) * math.log(k / len(n)) for k in folded.values()) or 0.0,
        "url_count": len(re.findall(r"(?ai)(?:https?://|(?<![A-Za-z0-9/.@_-])www\.)", text)),
        "parenthesis_ratio": share(lambda c: c in "()[]（）［］【】"),
        "han_ratio": share(lambda c: has(c, u.HAN)),
        "latin_ratio": share(lambda c: has(c, u.LATIN)),
        "sentence_count": sentence_count(w),
        "line_count": len(lines),
        "mean_line_length": ratio(sum(map(len, lines)), len(lines)),
        "replacement_char_count": text.count("\ufffd"),
        "lorem_ipsum": "lorem ipsum" in lower(text),
        "curly_bracket": "{" in text,
        "javascript_line_count": sum("javascript" in lower(s) for s in split),
    }


def script(text: str) -> str | None:
    counts = Counter(
        u.SCRIPTS[int(u.tables().flags[ord(c)]) >> u.SCRIPT_SHIFT] for c in text if c.isalpha()
    )
    counts.pop("Zyyy", None)
    best = min(counts, key=lambda s: (-counts[s], u.SCRIPTS.index(s)), default=None)
    simplified, traditional = (sum(c in one for c in text) for one in u.han_pairs())
    if best != "Hani" or counts["Kana"] >= counts["Hani"] / 20 or simplified == traditional:
        return best
    if max(simplified, traditional) < 2 * min(simplified, traditional):
        return best
    return "Hans" if simplified > traditional else "Hant"


def fold(text: str) -> str:
    """RULES.md section 9, code point by code point."""
    out = []
    for char in text:
        for c in unicodedata.normalize("NFD", char.lower()):
            category = unicodedata.category(c)
            if c == "\u200b":
                out.append(" ")
            elif category in ("Mn", "Me", "Cf"):
                continue
            elif category == "Nd":
                out.append("0")
            else:
                out.append(c if category[0] in "LNM" else " ")
    return "".join(out)


def shingle_tokens(text: str) -> list[str]:
    """Words and numbers of the folded text, single letters of Han, Kana and Thai."""
    # A dot or comma between digits belongs to the number; marks between do not part them.
    number = rf"(\d(?:{'|'.join(invisible(text)) or '(?!)'})*)[.,](?=[0-9])"
    text = re.sub(number, r"\1", text)
    found: list[str] = []
    word = ""
    for c in fold(text) + " ":
        own = has(c, u.IDEOGRAPH)
        if c == " " or own:
            found += [word] if word else []
            word = ""
            found += [c] if own else []
        elif not (c == "0" and word.endswith("0")):
            word += c
    return found


def invisible(text: str) -> set[str]:
    return {re.escape(c) for c in text if fold(c) == ""}


def shingles(text: str) -> set[tuple[str, ...]]:
    words = shingle_tokens(text)
    if not words:
        return set()
    size = min(5, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
