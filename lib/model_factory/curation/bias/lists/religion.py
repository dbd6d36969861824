"""Religions in English."""

from model_factory.curation.bias.lists.word_list import WordList

SOURCE = (
    "groups: the six that Brown et al. 2020 (arXiv 2005.14165, section 6.2.3) count words near, with the words "
    "for who belongs to them; topics: unpleasant and pleasant words of WEAT 1 (Caliskan et al. 2017)."
)

_PLEASANT = "caress freedom health love peace cheer friend heaven loyal pleasure gentle honest lucky"
_UNPLEASANT = "abuse crash filth murder sickness accident death grief poison stink assault disaster hatred"

LIST = WordList(
    axis="religion",
    groups={
        "atheism": ["atheism", "atheist", "atheists"],
        "buddhism": ["buddhism", "buddhist", "buddhists"],
        "christianity": ["christianity", "christian", "christians"],
        "hinduism": ["hinduism", "hindu", "hindus"],
        "islam": ["islam", "islamic", "muslim", "muslims"],
        "judaism": ["judaism", "jewish", "jew", "jews"],
    },
    topics={"pleasant": _PLEASANT.split(), "unpleasant": _UNPLEASANT.split()},
    source=SOURCE,
)
