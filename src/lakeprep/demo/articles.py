"""Articles of the demo crawl: title, sections, paragraphs, sentences; and edits of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lakeprep.demo.grammar import Author, load
from lakeprep.demo.prng import Stream

# A topic lasts for one section: its phrases come once or twice in that many sentences, so that
# a good page stays far from the repetition limits.
SECTION_SENTENCES = 13


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (empty in the first section) and paragraphs of sentences."""

    topic: str
    heading: str
    paragraphs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What a page has to say, before any site puts its furniture around it."""

    language: str
    title: str
    author: str
    sections: tuple[Section, ...]

    @property
    def topic(self) -> str:
        return self.sections[0].topic

    @property
    def sentences(self) -> list[str]:
        return [s for section in self.sections for p in section.paragraphs for s in p]

    @property
    def text(self) -> str:
        """Title, headings and paragraphs, one a line: what an extractor should find."""
        space = load(self.language).space
        lines = [self.title]
        for section in self.sections:
            lines += [section.heading] if section.heading else []
            lines += [space.join(paragraph) for paragraph in section.paragraphs]
        return "\n".join(lines)


def compose(language: str, stream: Stream, sentences: int) -> Article:
    """A new article of about `sentences` sentences, on one topic for every thirteen."""
    grammar = load(language)
    author = Author(grammar, stream)
    topics = stream.shuffled(tuple(grammar.topics))
    sections: list[Section] = []
    while sentences > 0:
        topic = topics[len(sections) % len(topics)]
        size = min(sentences, SECTION_SENTENCES)
        heading = author.title(topic) if sections else ""
        sections.append(Section(topic, heading, _paragraphs(author, stream, topic, size)))
        sentences -= size
    return Article(language, author.title(topics[0]), author.write("", "person"), tuple(sections))


def _paragraphs(
    author: Author, stream: Stream, topic: str, sentences: int
) -> tuple[tuple[str, ...], ...]:
    paragraphs: list[tuple[str, ...]] = []
    while sentences > 0:
        size = min(sentences, stream.between(2, 5))
        paragraphs.append(tuple(author.sentence(topic) for _ in range(size)))
        sentences -= size
    return tuple(paragraphs)


def rewrite(article: Article, stream: Stream, share: float, *, topic: str = "") -> Article:
    """The article with this share of its sentences (at least one) written anew, on the topic of
    their section or on the one given. Title and headings stay."""
    count = len(article.sentences)
    chosen = set(stream.shuffled(range(count))[: max(1, round(share * count))])
    author = Author(load(article.language), stream)
    sections: list[Section] = []
    position = 0
    for section in article.sections:
        paragraphs: list[tuple[str, ...]] = []
        for paragraph in section.paragraphs:
            sentences = list(paragraph)
            for i in range(len(sentences)):
                if position in chosen:
                    sentences[i] = author.sentence(topic or section.topic)
                position += 1
            paragraphs.append(tuple(sentences))
        sections.append(replace(section, paragraphs=tuple(paragraphs)))
    return replace(article, sections=tuple(sections))


def other_topic(article: Article, stream: Stream) -> str:
    """A topic that the article does not have."""
    present = {section.topic for section in article.sections}
    return stream.choice([t for t in load(article.language).topics if t not in present])


def retitle(article: Article, stream: Stream) -> Article:
    """The article under another title."""
    author = Author(load(article.language), stream)
    return replace(article, title=author.title(article.topic))


def insert(article: Article, stream: Stream, sentences: list[str]) -> Article:
    """The article with these sentences put at the end of paragraphs here and there."""
    sections = list(article.sections)
    for sentence in sentences:
        i = stream.below(len(sections))
        paragraphs = list(sections[i].paragraphs)
        j = stream.below(len(paragraphs))
        paragraphs[j] = (*paragraphs[j], sentence)
        sections[i] = replace(sections[i], paragraphs=tuple(paragraphs))
    return replace(article, sections=tuple(sections))
