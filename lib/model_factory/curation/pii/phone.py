"""Telephone numbers: international (E.164), North American, and national ones that a word announces.

Left alone: numbers without a known country code or with too few digits, 555-0100 to 555-0199 (reserved for fiction) and
whatever is part of a longer number. A bare run of digits is a telephone number only where the text says so.
"""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

# ITU-T E.164 country codes.
CODES = """
1 7 20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242
243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 27 290 291 297
298 299 30 31 32 33 34 350 351 352 353 354 355 356 357 358 359 36 370 371 372 373 374 375 376 377 378 380 381 382 383
385 386 387 389 39 40 41 420 421 423 43 44 45 46 47 48 49 500 501 502 503 504 505 506 507 508 509 51 52 53 54 55 56 57
58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 670 672 673 674 675 676 677 678 679 680 681 682 683 685
686 687 688 689 690 691 692 81 82 84 850 852 853 855 856 86 880 886 90 91 92 93 94 95 960 961 962 963 964 965 966 967
968 970 971 972 973 974 975 976 977 979 98 992 993 994 995 996 998
"""
COUNTRY = "|".join(sorted(CODES.split(), key=len, reverse=True))
SEPARATED = r"(?:[ \u00a0/-]?(?:\(\d{1,5}\)|\d{1,4})|\.\d{2,4})"
INTERNATIONAL = re.compile(
    rf"(?<![\w.+-])(?:\+|\(\+)(?:{COUNTRY})\)?[ .\u00a0/-]?{SEPARATED}{{2,7}}\d*(?![\w%]|[.,]\d)"
)
NORTH_AMERICAN = re.compile(
    r"(?<![\w.+-])(?<!\d )(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?P<separator>[ .-]))"
    r"[2-9]\d\d(?(separator)(?P=separator)|[ .-])\d{4}(?![\w-]|[.,]\d|[ ]\d)"
)
WORD = (
    r"(?:phone|telephone|tel|fax|mobile|cell(?:ular)?|whatsapp|hotline|call(?: (?:me|us|him|her|them))?"
    r"|ring|dial|sms|text)"
)
ANNOUNCED = re.compile(
    rf"(?i)\b{WORD}\b(?:[ .]?(?:number|no|nr|nummer|num)\b)?(?: (?:is|at|on|to|me on|us on))?[.:=#\s'\"]{{1,4}}"
    rf"(?P<number>\(?\d{{2,5}}\)?{SEPARATED}{{1,6}}\d*)(?![\w%]|[.,]\d)"
)
DIGITS = range(8, 16)  # E.164 allows 15; fewer than 8 with the country's code is no subscriber
NATIONAL_DIGITS = range(7, 13)
FICTION = re.compile(r"555\D?01\d\d$")


def find(text: str, _: Parameters) -> Iterator[Span]:
    for match in INTERNATIONAL.finditer(text):
        if _plausible(match[0], DIGITS):
            yield match.span()
    for match in NORTH_AMERICAN.finditer(text):
        if not FICTION.search(match[0]):
            yield match.span()
    for match in ANNOUNCED.finditer(text):
        if _plausible(match["number"], NATIONAL_DIGITS):
            yield match.span("number")


def _plausible(written: str, lengths: range) -> bool:
    digits = re.sub(r"\D", "", written)
    return len(digits) in lengths and len(set(digits)) > 2 and not FICTION.search(written)


DETECTOR = Detector(
    "1",
    "<PHONE>",
    r"\+[0-9][0-9(). /\u{a0}-]{6}|(?-u:\b[2-9][0-9]{2}\)?[ .-] ?[2-9][0-9]{2}[ .-][0-9]{4})"
    rf"|(?i-u:\b{WORD}\b)(?-u:[ -/:=#'a-zA-Z\n]{{0,24}}[0-9])",
    find,
)
