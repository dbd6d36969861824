"""Pages written for search engines: offers, superlatives and calls to act, densely packed.

What we measure: marketing phrases per 100 words. Prose that speaks of an offer has one in hundreds of words, a
doorway page one in ten. Bound we use: max_cues_per_100_words 2 (no published one).
"""

# ruff: noqa: E501 - phrases are easier to read and compare whole

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.cues import cues_per_100_words
from model_factory.curation.filters.rule import Filter, Rule, Settings

CALLS = (
    r"(?:buy|order|shop|book|call|apply|join|enrol+|subscribe|act|sign up|contact us|visit us|start|register|download)"
    r"(?: \w+){0,3} (?:now|today)",
    r"(?:buy|order|shop|book|apply|play|bet|watch)(?: \w+){0,3} online",
    r"click (?:here|below|the link)",
    r"(?:limited|special|exclusive)[- ](?:time )?(?:offers?|deals?)",
    r"(?:don'?t|do not) miss(?: out)?",
    r"hurry(?: up)?",
    r"while (?:stocks?|supplies) lasts?",
    r"(?:visit|check out|browse) our (?:web ?site|site|store|page|shop|catalogue?|range|collection)",
    r"add to (?:cart|basket)",
    r"(?:get|request|claim)(?: \w+){0,2} (?:free|instant|no[- ]obligation)(?: \w+)? (?:quotes?|trials?|estimates?|samples?|consultations?)",
    r"free (?:shipping|delivery|quotes?|estimates?|consultations?|spins?|gifts?|trials?)",
    r"(?:24/7|round[- ]the[- ]clock)(?: \w+)? (?:support|service|help)",
)
PRICES = (
    r"(?:best|lowest|low|cheap|cheapest|affordable|unbeatable|great|discount(?:ed)?|competitive|wholesale|hot|amazing)"
    r"(?: \w+)? (?:prices?|deals?|rates?|costs?|offers?|bargains?)",
    r"cheap(?:est)?",
    r"affordable",
    r"discounts?",
    r"(?:coupons?|promo|voucher|bonus) codes?",
    r"\d+ ?% off",
    r"(?:on|for) sale",
    r"money[- ]back guarantee",
    r"(?:satisfaction|100 ?%|fully|results?) guaranteed?",
    r"no (?:prescription|credit check|deposit|hidden (?:fees?|costs?|charges?)|questions asked)",
    r"best[- ]?sell(?:er|ers|ing)",
    r"save (?:big|money|up to|\$?\d+)",
)
SUPERLATIVES = (
    r"(?:no\. ?1|number one|top[- ]rated|best[- ]rated|top[- ]quality|premium[- ]quality|high[- ]quality|award[- ]winning)",
    r"(?:trusted|leading|premier|reputable|licensed|professional|experienced|certified|local)(?: \w+){0,2} "
    r"(?:providers?|suppliers?|company|companies|services?|agency|agencies|experts?|contractors?|team|specialists?|dealers?|lawyers?|plumbers?)",
    r"(?:best|top|cheapest|finest)(?: [\w-]+){1,4} (?:in|near|of) (?:the )?(?:20\d\d|town|world|city|you|me|your area)",
    r"near (?:me|you)",
    r"in your (?:area|city|neighbou?rhood)",
    r"(?:look|search)(?:ing)? no further|your search ends here",
    r"(?:customers?|clients?) (?:love|satisfaction|reviews?)|(?:happy|satisfied) (?:customers?|clients?)",
    r"one[- ]stop (?:shop|solution|destination)",
    r"(?:ultimate|complete|definitive) (?:buying|buyer'?s|shopping) guide",
)
TRADES = (
    r"(?:online|live|mobile|crypto) (?:casinos?|pok(?:er|ies)|slots|betting|gambling|bingo)",
    r"casinos?",
    r"jackpots?",
    r"(?:payday|instant|personal|same[- ]day|quick|fast) (?:loans?|cash|approval)",
    r"bad credit",
    r"(?:viagra|cialis|levitra|tramadol|xanax)",
    r"(?:lose weight|weight[- ]loss|fat[- ]burn(?:er|ing)|diet pills?|hair[- ]loss|anti[- ]aging|supplements?)",
    r"(?:forex|trading|crypto|betting) (?:signals?|bots?|tips|profits?)",
    r"(?:earn|make) (?:\w+ ){0,3}(?:money|cash|\$\d+|income)",
    r"passive income|work from home",
    r"replica (?:watches|handbags|bags|shoes|sneakers)",
    r"(?:seo|link[- ]building|backlinks?|search engine) (?:services?|company|agency|experts?|packages?|rankings?|optimi[sz]ation)",
    r"backlinks?",
    r"(?:rank|ranking|traffic)(?: \w+){0,3} (?:google|website|sites?)",
    r"(?:followers|subscribers|likes|reviews) (?:cheap|instantly|fast)|(?:buy|get|real) (?:\w+ ){0,2}(?:followers|likes|subscribers|reviews)",
    r"(?:car|auto|home|life|health) insurance",
    r"(?:escorts?|hot singles|dating sites?)",
)
PHRASES = CALLS + PRICES + SUPERLATIVES + TRADES


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    return pl.DataFrame({"seo_spam": cues_per_100_words(documents, PHRASES)})


FILTER = Filter("1", (Rule("seo_spam", "at_most", "max_cues_per_100_words"),), _measure)
