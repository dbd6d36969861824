"""Women and men in English, as word lists of the literature have them."""

from model_factory.curation.bias.lists.word_list import WordList

SOURCE = (
    "groups: target words of WEAT 7 and 8 (Caliskan, Bryson and Narayanan 2017, doi 10.1126/science.aal4230) and the "
    "definitional pairs of Bolukbasi et al. 2016 (arXiv 1607.06520) without names, with plurals; topics: the attribute "
    "words of WEAT 6 and 7. They know English only and no third gender: groups of your own go into the card."
)

# "her" stands on both sides of Bolukbasi's pairs (his and him); "man" also means a manual in technical text.
_WOMEN = """she her hers herself woman women female females girl girls sister sisters daughter daughters mother mothers
aunt aunts grandmother grandmothers gal gals"""
_MEN = """he him his himself man men male males boy boys brother brothers son sons father fathers uncle uncles
grandfather grandfathers guy guys"""
_TOPICS = {
    "career": "executive management professional corporation salary office business career",
    "family": "home parents children family cousins marriage wedding relatives",
    "mathematics": "math algebra geometry calculus equations computation numbers addition",
    "arts": "poetry art dance literature novel symphony drama sculpture",
}

LIST = WordList(
    axis="gender",
    groups={"women": _WOMEN.split(), "men": _MEN.split()},
    topics={topic: words.split() for topic, words in _TOPICS.items()},
    source=SOURCE,
)
