"""Lines that belong to a page and not to its text: navigation, sharing, consent, copyright, paging.

A line goes only where the whole of it is such a phrase: prose about cookies stays. C4 (Raffel et al. 2020)
drops every line that mentions "javascript" or a policy anywhere; that is a filter, and as a filter a card may name it.
"""

import polars as pl

from model_factory.curation.normalise.step import Parameters, Step

PHRASES = (
    r"skip to (?:main |primary )?(?:content|navigation|search)",
    r"(?:back|return|go) to (?:the )?(?:top|home(?: ?page)?)",
    r"(?:share|tweet|pin|like|follow)(?: this| us| me| it)?(?: article| page| post| story)?(?: on| via| with)?"
    r"(?: (?:facebook|twitter|linkedin|pinterest|instagram|reddit|whatsapp|tumblr|e-?mail|youtube)[, |/&]*(?:and )?)+",
    r"share this(?: article| page| post| story)?",
    r"(?:click|tap) here (?:to|for) [^.!?\n]{1,60}",
    r"(?:read|load|show|see|view) more(?: (?:articles|posts|stories|comments|results|about this))?",
    r"(?:please )?(?:enable|turn on|activate) java ?script[^.!?\n]{0,80}",
    r"java ?script (?:is|must be|needs to be|seems to be)[^.!?\n]{0,80}",
    r"(?:this|our) (?:web ?)?site (?:uses|makes use of|requires) cookies[^\n]{0,200}",
    r"(?:by (?:using|continuing|browsing)[^\n]{0,80}|we) (?:use|agree to (?:our|the) use of|consent to) cookies"
    r"[^\n]{0,200}",
    r"(?:accept|reject|manage|allow)(?: all)? cookies(?: settings| preferences)?",
    r"(?:sign|log) (?:in|up|on|out)(?: (?:or|/) (?:sign|log) (?:in|up))?"
    r"(?: to (?:continue|comment|reply|vote|see more|your account))?",
    r"(?:subscribe|sign up)(?: now| today)?"
    r"(?: (?:to|for) (?:our|the|my)?[^.!?\n]{0,20}(?:newsletter|mailing list|channel|feed|updates))",
    r"(?:copyright )?(?:©|\(c\)|copyright) ?\d{4}(?: ?[-–] ?\d{4})?[^.!?\n]{0,80}(?:\. ?all rights reserved)?",
    r"all rights reserved",
    r"(?:(?:terms (?:of (?:use|service)|and conditions|& conditions)|privacy(?: policy| notice)?|cookies? policy"
    r"|site ?map|contact(?: us)?|about(?: us)?|advertise|careers|help|faq|imprint|home|accessibility|disclaimer)"
    r"(?:[ \t]*[|·•/,»>–-]+[ \t]*|$)){2,}(?:[\w ]{1,24})?",
    r"page \d+(?: (?:of|/) \d+)?",
    r"(?:previous|prev|older|next|newer)(?: (?:page|post|article|entry|story))?"
    r"(?: *[|·•/«»<>–-]+ *(?:previous|prev|older|next|newer)(?: (?:page|post|article|entry|story))?)?",
    r"powered by [^.!?\n]{1,40}",
    r"(?:leave a (?:reply|comment)|post a comment|no comments yet)",
    r"your e-?mail address will not be published[^\n]{0,80}",
    r"loading(?:\.\.\.|…)?",
    r"advertisement(?:s)?",
)
LINE = rf"(?im)^[^\w\n(©]*(?:{'|'.join(PHRASES)})[^\w\n]*$\n?"


def _suspect(_: Parameters) -> pl.Expr:
    return pl.col("text").str.contains(LINE)


def _repair(texts: pl.Series, _: Parameters) -> pl.Series:
    return texts.str.replace_all(LINE, "")


STEP = Step("1", (), _suspect, _repair, prose=True)
