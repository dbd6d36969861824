"""E-mail addresses, also written as "name (at) host (dot) tld".

Left alone: the domains and top-level domains reserved for examples (RFC 2606, RFC 6761), `git@host:path` and file
names such as icon@2x.png. In a program `matrix@other.weight` looks the part, so outside of angle brackets and
mailto: the domain must end as most do: in a country code or one of COMMON.
"""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

AT = r"(?:@| ?[\[({] ?at ?[\])}] ?)"
DOT = r"(?:\.| ?[\[({] ?dot ?[\])}] ?)"
LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
ADDRESS = re.compile(
    rf"(?i)(?<![\w.+%=/@-])(?P<local>[a-z0-9_](?:[\w.%+-]{{0,62}}[\w+-])?){AT}(?P<domain>(?:{LABEL}{DOT})+(?P<tld>[^\W\d_]{{2,24}}|xn--[a-z0-9-]+))"
    r"(?![\w@]|-\w|\.\w+\()"
)
RESERVED = re.compile(r"(?i)(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|local|localdomain)$")
COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg
ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi
gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw
ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng
ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn
so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws
ye yt za zm zw
"""
COMMON = """
com org net edu gov mil int info biz name pro museum coop aero jobs mobi travel tel cat asia arpa xyz online site tech
store blog cloud email shop club space academy agency app dev art bank berlin best bio center city codes company
consulting design digital directory education engineering events expert farm finance foundation fund gallery global
group health help house institute international land law legal life link live london love ltd market media money moscow
network news ninja one page paris partners photo photography plus press pub red rocks run school science services social
software solutions studio support systems team technology tips today tools top tours town training university vip vision
wiki work works world zone
"""
ENDINGS = set(COUNTRIES.split()) | set(COMMON.split())


def find(text: str, _: Parameters) -> Iterator[Span]:
    for match in ADDRESS.finditer(text):
        if _is_address(match, text):
            yield match.span()


def _is_address(match: re.Match[str], text: str) -> bool:
    domain = re.sub(DOT, ".", match["domain"], flags=re.IGNORECASE)
    if RESERVED.search(domain) or ".." in match["local"]:
        return False
    before, after = text[max(0, match.start() - 7) : match.start()], text[match.end() : match.end() + 2]
    if match["local"] == "git" and re.match(r":\S|/", after):
        return False
    marked = before.endswith("<") or before.lower() == "mailto:"
    return marked or match["tld"].lower() in ENDINGS or not match["tld"].isascii() or "xn--" in match["tld"].lower()


DETECTOR = Detector("1", "<EMAIL>", r"(?-u:[A-Za-z0-9_+-]@)\w[\w-]*\.|(?i-u:[\[({] ?at ?[\])}])", find)
