"""Assignments to be done for someone, answer sheets without their reasons, and the shops that sell them.

What we measure: phrases of such pages per 100 words. Bound we use: max_cues_per_100_words 2 (no published one). A
textbook's exercises use few of them between their explanations.
"""

# ruff: noqa: E501 - phrases are easier to read and compare whole

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.cues import cues_per_100_words
from model_factory.curation.filters.rule import Filter, Rule, Settings

_WORK = r"(?:home ?work|assignments?|coursework|essays?|term papers?|thesis|quiz(?:zes)?|exams?|class(?:work)?|lab reports?|case stud(?:y|ies)|problem sets?|worksheets?)"
REQUESTS = (
    rf"(?:help|stuck|struggling|assist(?:ance)?)(?: \w+){{0,4}} {_WORK}",
    rf"{_WORK} (?:help|helpers?|solutions?|answers?|questions?|keys?|writers?|writing|service|due|assistance|tutors?|experts?)",
    rf"(?:do|write|finish|complete|take|solve)(?: \w+)? (?:my|your|our|his|her) (?:\w+ )?{_WORK}",
    rf"(?:my|this|our) (?:\w+ )?{_WORK} is due|due (?:tomorrow|tonight|by midnight|on (?:mon|tues|wednes|thurs|fri|sun)day|at 11:59)",
    r"(?:please|pls|plz|can (?:someone|anyone|somebody)|could (?:someone|anyone)|someone please|anyone) (?:\w+ ){0,2}(?:help|solve|explain|answer|do)",
    r"(?:i|we) (?:don'?t|do not) (?:get|understand|know how)",
    r"(?:will|i'?ll) (?:mark|give|rate|vote)(?: \w+){0,3} (?:brainliest|thumbs up|five stars|5 stars|points|upvote|best answer)",
    r"brainliest",
    r"thanks? (?:you )?in advance",
    r"(?:my|the|our) (?:teacher|professor|instructor|prof|ta) (?:said|says|gave|wants|assigned|told|asked)",
)
SHEETS = (
    r"(?:question|problem|exercise|part|task) ?#? ?\d{1,3} ?(?:of \d+|[:.)]|\(\d+ (?:points?|pts|marks))",
    r"(?:correct |right |final |verified |expert |sample |suggested )?answers?(?: key)? ?(?::|is|=)",
    r"(?:correct|expert|verified|final|model) (?:answers?|solutions?)",
    r"answer keys?|(?:view|see|unlock|show|reveal|get)(?: \w+){0,3} (?:answers?|solutions?)",
    r"(?:points?|pts|marks)\)",
    r"(?:show|explain) (?:all )?(?:of )?your (?:work|working|steps|reasoning)",
    r"step[- ]by[- ]step (?:answers?|solutions?|explanations?)",
    r"(?:fill in the blanks?|true or false|multiple choice|choose the (?:correct|best)|circle the|select (?:one|all that apply))",
    r"(?:solution|explanation|rationale) ?:",
    r"(?:find|solve for|calculate|determine|evaluate) (?:the )?(?:value of )?[a-z] ?[.?:=]",
    r"(?:all of the above|none of the above|both [a-d] and [a-d])",
    r"word count ?:? ?\d+|(?:apa|mla|harvard|chicago) (?:format|style|citation)|words? (?:essay|paper|minimum|report)|double[- ]spaced",
)
SHOPS = (
    r"(?:plagiarism[- ]free|plagiarised|100 ?% original|non[- ]plagiari[sz]ed|turnitin)",
    r"(?:qualified|expert|professional|native|phd|academic|subject)(?: \w+)? (?:writers?|tutors?|experts?)",
    r"(?:place|submit|post)(?: \w+){0,2} (?:order|question|assignment)",
    r"(?:meet|before|tight|short|urgent) (?:\w+ )?deadlines?",
    r"(?:chegg|course ?hero|brainly|studocu|quizlet|bartleby|studypool|transtutors|coursehero)",
    r"(?:better|good|top|higher|excellent|a\+) grades?|get an a\+?|guaranteed? (?:grade|pass)",
    r"(?:academic|paper|essay|dissertation) (?:writing|help|writers?|service)",
    r"asked (?:by|in|on|\d+)|subject ?:|(?:grade|class) \d{1,2}\b|(?:university|college|high school) students?",
)
PHRASES = REQUESTS + SHEETS + SHOPS


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    return pl.DataFrame({"homework_help": cues_per_100_words(documents, PHRASES)})


FILTER = Filter("1", (Rule("homework_help", "at_most", "max_cues_per_100_words"),), _measure)
