"""Slow, obvious references of the text kernels, on Python strings."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import cache

from lakeprep.kernels import unicode as u

ENDINGS = re.compile(r"(?ia)(?:['’][smd]|(?<=.n)['’]t|['’](?:re|ve|ll))\Z", re.S)

DIGITS = tuple("0123456789")
ASCII_AFFIXES = "!\"#&'()*,:;<>?[]_`{}"
UNITS = re.compile(
    "[cdkmn]?m|ha|in|ft|yd|k?g|mg|t|lb|oz|h?Pa|mbar|mph|kmh|[KGMT]|[kmgt]b|[KMGT]B|[ap]m"
)
ABBREVIATIONS = re.compile(
    "Mrs?|Ms|Dr|Prof|St|Jr|Gov|Gen|Re[pv]|Sen|Inc|Co|Corp|Ltd|Bros|"
    "Jan|Feb|Mar|Apr|Ju[nl]|Aug|Sept?|Oct|Nov|Dec|vs"
)
ADDRESS = re.compile(
    r"(?a)(?:[\w-]+(?:\.[\w-]+)*\.?(?:://|@))?(?:[\w-]+\.)+[a-z]{2,}(?::[0-9]{2,5})?"
    r"(?:([/?#][!-~]*)|(?=[.!\"#&'()*,:;<>?\[\]_`{}]*(?:[\x00-\x20\x7f]|\Z)))"
)


@cache
def has(char: str, bit: int) -> bool:
    return bool(int(u.tables().flags[ord(char)]) & bit)


@cache
def is_word(char: str) -> bool:
    """Letter, number, mark or format character, and not a token of its own."""
    return has(char, u.WORD | u.JOINED) and not has(char, u.IDEOGRAPH)


def is_other(char: str) -> bool:
    """Beyond ASCII, and neither of a word nor white space."""
    return char > "\x7f" and not has(char, u.WORD | u.JOINED | u.SPACE)


def is_picture(char: str) -> bool:
    kinds = r"[\xa6\xa9\xae\xb0\u2100-\u214f\u2195-\u21ff\u2300-\U0010ffff]"
    return is_other(char) and not has(char, u.PUNCTUATION) and bool(re.match(kinds, char))


def is_mark(char: str) -> bool:
    """Punctuation beyond ASCII, but for hyphens and bullets."""
    return is_other(char) and has(char, u.PUNCTUATION) and char not in "‐‑‒―•"


def is_affix(char: str) -> bool:
    return char in ASCII_AFFIXES or char == "´" or is_mark(char) or is_picture(char)


def is_prefix(char: str) -> bool:
    return is_affix(char) or char in "%=$" or bool(re.match("[\xa2-\xa5\u20a0-\u20cf]", char))


def is_quote(char: str) -> bool:
    return char in "'\"`" or (char > "\x7f" and is_affix(char))


def always_parts(char: str) -> bool:
    latin = char < "\u0100" or "\u2010" <= char < "\u2040"
    return is_picture(char) or (is_mark(char) and (char == "…" or not latin))


def parts(before: str, char: str, after: str) -> bool:
    """`before` and `after` are a blank where there is nothing."""
    if always_parts(char) or (char == "." and "." in (before, after)):
        return True
    letter = after.isalpha()
    if char == ".":
        small = is_word(before) and not before.isupper() and not has(before, u.NUMBER)
        capital = letter and not after.islower()
        return (small or is_quote(before)) and (capital or is_quote(after))
    if char in "+-*^" and before in DIGITS and after in (*DIGITS, "-"):
        return True
    if char == ",":
        return before.isalpha() and letter
    return char in "-–—~:/<=>" and is_word(before) and letter


def keeps_dot(before: str) -> bool:
    """Whether the last dot after these characters of a chunk belongs to them."""
    last, last_but_one = before[-1:], before[-2:-1]
    if last and is_word(last):
        if last.isalpha() and not (last_but_one in ("'", "’") or is_word(last_but_one or " ")):
            return True
        return last.isupper() and not last_but_one.isupper()
    return not (last in ("%", "+", "-") or (last and is_affix(last)))


def closes(chunk: str, at: int) -> bool:
    """Whether nothing but marks that close follow from `at` on."""
    while at < len(chunk):
        char = chunk[at]
        dots = re.compile(r"\.+").match(chunk, at)
        if has(char, u.JOINED):
            at += 1
        elif dots:
            if len(dots[0]) == 1 and keeps_dot(chunk[:at]):
                return False
            at = dots.end()
        elif is_genitive(chunk, at):
            at += 2
        elif is_affix(char) or (at and chunk[at - 1] in DIGITS and closes_number(char)):
            at += 1
        else:
            return False
    return True


def closes_number(char: str) -> bool:
    return char == "+" or (is_prefix(char) and char != "=")


def is_genitive(chunk: str, at: int) -> bool:
    after = chunk[at + 2 : at + 3]
    return chunk[at] in "'’" and chunk[at + 1 : at + 2] in ("s", "S") and not (
        after and is_word(after)
    )  # fmt: skip


def tokens(text: str) -> list[str]:
    """RULES.md section 1, "our words"; see the docstring of kernels/words.py."""
    found: list[str] = []
    for chunk in re.split(r"[\s\u200b\x1c-\x1f\x85]+", text):
        stretches = ["", *ideographs_apart(chunk), ""]
        for before, stretch, after in zip(stretches, stretches[1:], stretches[2:], strict=False):
            if has(stretch[0], u.IDEOGRAPH):
                found.append(stretch)
            else:
                found += stretch_tokens(stretch, before[-1:], after[:1])
    return found


def ideographs_apart(chunk: str) -> list[str]:
    out: list[str] = []
    for char in chunk:
        own = has(char, u.IDEOGRAPH)
        follows = bool(out) and has(out[-1][0], u.IDEOGRAPH)
        if out and ((follows and has(char, u.JOINED) and not own) or (not follows and not own)):
            out[-1] += char
        else:
            out.append(char)
    return out


def stretch_tokens(text: str, outside: str, beyond: str) -> list[str]:
    """Tokens of a chunk without ideographs; `outside` and `beyond` are what stands directly before
    and behind it."""
    found = []
    at = 0
    while at < len(text):
        before = text[at - 1] if at else outside
        end = mark_end(text, at) if stands_alone(text, at, before) else 0
        if end:
            found.append(text[at:end])
            at = end
            continue
        words = core(text, at, before, beyond)
        found += words
        at += sum(map(len, words))
    return found


def stands_alone(text: str, at: int, before: str) -> bool:
    char, after = text[at], text[at + 1 : at + 2]
    if is_word(char):
        return False
    if before and is_word(before):
        return True
    held = bool(before) and (has(before, u.IDEOGRAPH) or always_parts(before)) and (
        not is_picture(before)
    )  # fmt: skip
    opens = is_prefix(char) or char + after == ".." or (char == "+" and after not in DIGITS)
    if opens and not (held and char <= "\x7f"):
        return True
    return closes((before if at == 0 else "") + text, at + (at == 0 and bool(before)))


def mark_end(text: str, at: int) -> int:
    if is_genitive(text, at):
        return at + 2
    fixed = re.compile(r"\):|:[()*]|;\)|\([:;]|\.+|-+").match(text, at)
    end = fixed.end() if fixed else at + 1
    if fixed and text[at] not in ".-":
        return end
    while end < len(text) and has(text[end], u.JOINED):
        end += 1
    return end


def core(text: str, at: int, before: str, beyond: str) -> list[str]:
    """The one or two tokens that begin at `at` and are no marks that open or close."""
    if before not in tuple("-~–—./*+^"):
        match = ADDRESS.match(text, at)
        if match and text[at].isalnum():
            host, path = match[0][: len(match[0]) - len(match[1] or "")], match[1] or ""
            return [host + path.rstrip(ASCII_AFFIXES + ".")]
    end = at
    parted = False
    while end < len(text) and not parted:
        if end > at and not is_word(text[end]):
            if closes(text, end):
                break
            hyphens = re.compile("-{1,3}|.", re.S).match(text, end)
            assert hyphens is not None
            after = (text[hyphens.end() : hyphens.end() + 1] or beyond) or " "
            parted = parts(text[end - 1], text[end], after)
        end += not parted
    word = text[at:end]
    if ABBREVIATIONS.fullmatch(word) and text[end : end + 1] == "." != text[end + 1 : end + 2]:
        return [word + "."]
    if parted:
        return [word]
    cut = 3 if word in ("cannot", "Cannot") else contraction(word)
    unit = re.fullmatch(r"(?s)(.*[0-9])([A-Za-z]+)", word)
    if cut == len(word) and unit and UNITS.fullmatch(unit[2]):
        cut = len(unit[1])
    return [part for part in (word[:cut], word[cut:]) if part]


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
